// Links by name, as netdevice(7) has them.

import { readdirSync, readFileSync } from "node:fs";
import { ifreq } from "../../abi/sockios.ts";
import { Memory } from "../../stage/call.ts";
import type { Shown } from "../../stage/codec.ts";

export interface HostLink {
  readonly name: string;
  readonly index: number;
  readonly address: string;
}

/** A link of this process's network namespace that is not lo. */
export function hostLink(): HostLink | undefined {
  const names = readdirSync("/sys/class/net").filter((it) => it !== "lo");
  const here = readFileSync("/proc/net/dev", "utf8");
  const name = names.find((it) => here.includes(`${it}:`) && read(it, "address").length === 17);
  if (name === undefined) return undefined;
  return { name, index: Number(read(name, "ifindex")), address: read(name, "address") };
}

const read = (link: string, file: string): string => readFileSync(`/sys/class/net/${link}/${file}`, "utf8").trim();

/** struct ifreq for a link; the kernel writes its answer into it. */
export function request(name: string, tail: readonly number[] = []): Shown {
  const bytes = [...new TextEncoder().encode(name)];
  const memory = new Memory(ifreq.encode({ ifr_name: bytes, ifr_ifru: tail }), { out: true });
  return { memory, text: `{ifr_name="${name}"}` };
}

const union = ifreq.offsetOf("ifr_ifru");

/** The hardware address in an answer: behind two bytes that say of what kind it is. */
export const addressIn = (bytes: Uint8Array): string =>
  [...bytes.subarray(union + 2, union + 8)].map((it) => it.toString(16).padStart(2, "0")).join(":");

/** The flags in an answer. */
export const flagsIn = (bytes: Uint8Array): readonly number[] => [...bytes.subarray(union, union + 2)];
