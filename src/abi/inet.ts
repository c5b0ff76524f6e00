// <linux/in.h>, <linux/if_ether.h>: addresses as people write them and as the kernel takes them, in network byte order.

import { AF_INET } from "./socket.ts";

export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;

/** `172.30.0.1` as a number. Throws on anything else. */
export function ipv4Number(text: string): number {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || !parts.every((it) => Number.isInteger(it) && it >= 0 && it <= 255)) {
    throw new Error(`${JSON.stringify(text)} is no IPv4 address`);
  }
  return parts.reduce((sum, it) => sum * 256 + it, 0);
}

/** The number as `172.30.0.1`. */
export function ipv4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export function ipv4Bytes(text: string): Uint8Array {
  return bigEndian(ipv4Number(text), 4);
}

/** `02:6d:00:00:00:01` as bytes. */
export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (it) => Number.parseInt(it, 16));
}

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (it) => it.toString(16).padStart(2, "0")).join(":");
}

/** A number of up to four bytes, the most significant first. */
export function bigEndian(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (value >>> (8 * (size - 1 - i))) & 255;
  return bytes;
}

/** struct sockaddr_in: family in the machine's order, port and address in the network's, padded to 16 bytes. */
export function sockaddrIn(address: string, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = AF_INET;
  bytes.set(bigEndian(port, 2), 2);
  bytes.set(ipv4Bytes(address), 4);
  return bytes;
}

/** A range of addresses: all whose first `prefix` bits are those of `base`. */
export interface Range {
  readonly base: string;
  readonly prefix: number;
}

/** `172.30.0.0/16`. Throws on anything else. */
export function parseRange(text: string): Range {
  const [base = "", prefix = ""] = text.split("/");
  if (!/^\d+$/.test(prefix) || Number(prefix) > 32) throw new Error(`${JSON.stringify(text)} is no range of addresses`);
  return { base: ipv4Text(maskOf(Number(prefix)) & ipv4Number(base)), prefix: Number(prefix) };
}

export const rangeText = ({ base, prefix }: Range): string => `${base}/${prefix}`;

export function contains({ base, prefix }: Range, address: string): boolean {
  return ((ipv4Number(base) ^ ipv4Number(address)) & maskOf(prefix)) === 0;
}

export function overlap(one: Range, other: Range): boolean {
  return one.prefix <= other.prefix ? contains(one, other.base) : contains(other, one.base);
}

/** The address that comes `index` places after the range's first. */
export function addressIn({ base }: Range, index: number): string {
  return ipv4Text(ipv4Number(base) + index);
}

/** The address for broadcasts. */
export const lastAddress = (range: Range): string => addressIn(range, 2 ** (32 - range.prefix) - 1);

const maskOf = (prefix: number): number => (prefix === 0 ? 0 : -1 << (32 - prefix));
