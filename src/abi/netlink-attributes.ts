// <linux/netlink.h>, struct nlattr: what netlink messages are made of.
//
//   attribute  length u16 │ type u16 │ value, padded to 4 bytes      the value may again be attributes
//
// A table describes one set of attributes. The same table encodes, decodes and prints them, so the trace can show
// nothing but what was sent.

import { ipv4Number, ipv4Text, macBytes, macText } from "./inet.ts";
import type { Fields, Struct, Values } from "./struct.ts";

type NumberKind = "u8" | "u16" | "u32" | "be16" | "be32";
type TextKind = "string" | "ipv4" | "mac";

/** What an attribute's value is. */
export type Kind =
  | NumberKind
  | TextKind
  | "bytes"
  /** attributes inside the attribute */
  | Attributes
  /** as many as there are of the one attribute in this table */
  | { readonly each: Attributes }
  /** attributes whose table depends on the value of another attribute, which comes first */
  | { readonly by: string; readonly of: Readonly<Record<string, Attributes>> }
  /** a structure, then attributes */
  | { readonly header: Struct<Fields>; readonly rest: Attributes };

/** The attribute's name as in the kernel's header → its number, its kind, and how a number is printed. */
export interface Attributes {
  readonly [name: string]: readonly [type: number, kind: Kind, show?: (value: number) => string];
}

type ValueOf<K> = K extends TextKind
  ? string
  : K extends NumberKind
    ? number
    : K extends "bytes"
      ? Uint8Array
      : K extends { readonly each: infer A }
        ? readonly ValueOf<KindIn<A[keyof A]>>[]
        : K extends { readonly by: string; readonly of: infer T }
          ? AttributeValues<T[keyof T]>
          : K extends { readonly header: Struct<infer F>; readonly rest: infer A }
            ? { readonly header: Values<F>; readonly rest: AttributeValues<A> }
            : AttributeValues<K>;

type KindIn<Row> = Row extends readonly [number, infer K, ...unknown[]] ? K : never;

/** The values for a table of attributes, by name. */
export type AttributeValues<A> = {
  readonly [N in keyof A]?: ValueOf<KindIn<A[N]>>;
};

type AnyValues = Readonly<Record<string, unknown>>;
type Headed = { readonly header: Values<Fields>; readonly rest: AnyValues };

const HEADER = 4;
const NLA_F_NESTED = 1 << 15;
const NLA_TYPE_MASK = 0x3fff;

/** The next multiple of 4: NLMSG_ALIGN and NLA_ALIGN. */
export const align = (size: number): number => (size + 3) & ~3;

/** Bytes that grow as they are written; what is skipped is zero. */
export class Writer {
  #view = new DataView(new ArrayBuffer(512));
  /** Where the next byte goes. */
  at = 0;

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** A number of that many bytes, at the end; the least significant first, unless `big`. */
  number(value: number, size: 1 | 2 | 4, big = false): void {
    const at = this.skip(size);
    if (size === 1) this.#view.setUint8(at, value);
    else if (size === 2) this.#view.setUint16(at, value, !big);
    else this.#view.setUint32(at, value, !big);
  }

  put(bytes: Uint8Array): void {
    const at = this.skip(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }

  /** Makes room for that many bytes and returns where they begin. */
  skip(size: number): number {
    const at = this.at;
    this.at += size;
    if (this.at > this.#view.byteLength) {
      const larger = new Uint8Array(Math.max(this.at, 2 * this.#view.byteLength));
      larger.set(new Uint8Array(this.#view.buffer));
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  pad(): void {
    this.skip(align(this.at) - this.at);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.at);
  }
}

export function writeAttributes(writer: Writer, table: Attributes, values: AnyValues): void {
  for (const name in values) {
    const value = values[name];
    if (value === undefined) continue;
    const [type, kind] = rowOf(table, name);
    const start = writer.skip(HEADER);
    write(writer, kind, value, values);
    writer.u16(start, writer.at - start);
    writer.u16(start + 2, typeof kind === "string" ? type : type | NLA_F_NESTED);
    writer.pad();
  }
}

function write(writer: Writer, kind: Kind, value: unknown, siblings: AnyValues): void {
  if (kind === "be32") writer.number(value as number, 4, true);
  else if (kind === "be16") writer.number(value as number, 2, true);
  else if (kind === "u8") writer.number(value as number, 1);
  else if (kind === "u16") writer.number(value as number, 2);
  else if (kind === "u32") writer.number(value as number, 4);
  else if (kind === "ipv4") writer.number(ipv4Number(value as string), 4, true);
  else if (kind === "mac") writer.put(macBytes(value as string));
  else if (kind === "bytes") writer.put(value as Uint8Array);
  else if (kind === "string") writer.put(new TextEncoder().encode(`${value as string}\0`));
  else if (isEach(kind)) {
    const [name = ""] = Object.keys(kind.each);
    for (const it of value as readonly unknown[]) writeAttributes(writer, kind.each, { [name]: it });
  } else if (isHeaded(kind)) {
    writer.put(kind.header.encode((value as Headed).header));
    writer.pad();
    writeAttributes(writer, kind.rest, (value as Headed).rest);
  } else writeAttributes(writer, tableOf(kind, siblings), value as AnyValues);
}

/** The attributes that the table knows; others, of newer kernels say, are passed over. */
export function readAttributes<A extends Attributes>(table: A, bytes: Uint8Array): AttributeValues<A> {
  const names = new Map(Object.entries(table).map(([name, [type]]) => [type, name]));
  const values: Record<string, unknown> = {};
  for (const { type, value } of splitAttributes(bytes)) {
    const name = names.get(type);
    if (name !== undefined) values[name] = read(rowOf(table, name)[1], value, values);
  }
  return values as AttributeValues<A>;
}

function read(kind: Kind, bytes: Uint8Array, siblings: AnyValues): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === "u8") return view.getUint8(0);
  if (kind === "u16" || kind === "be16") return view.getUint16(0, kind === "u16");
  if (kind === "u32" || kind === "be32") return view.getUint32(0, kind === "u32");
  if (kind === "ipv4") return ipv4Text(view.getUint32(0));
  if (kind === "mac") return macText(bytes);
  if (kind === "bytes") return bytes.slice();
  if (kind === "string") return new TextDecoder().decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes);
  if (isEach(kind)) {
    const [row] = Object.values(kind.each);
    return splitAttributes(bytes).map(({ value }) => read(row?.[1] ?? "bytes", value, {}));
  }
  if (isHeaded(kind)) {
    return {
      header: kind.header.decode(view),
      rest: readAttributes(kind.rest, bytes.subarray(align(kind.header.size))),
    };
  }
  return readAttributes(tableOf(kind, siblings), bytes);
}

function splitAttributes(bytes: Uint8Array): { type: number; value: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { type: number; value: Uint8Array }[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint16(at, true);
    // cut off, because what came was longer than the room for it
    if (length < HEADER || at + length > bytes.length) break;
    found.push({ type: view.getUint16(at + 2, true) & NLA_TYPE_MASK, value: bytes.subarray(at + HEADER, at + length) });
    at += align(length);
  }
  return found;
}

/** `IFLA_IFNAME="eth0"`, one for each attribute. */
export function showAttributes(table: Attributes, values: AnyValues): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const [, kind, show] = rowOf(table, name);
    return [`${name}=${show === undefined ? showValue(kind, value, values) : show(value as number)}`];
  });
}

function showValue(kind: Kind, value: unknown, siblings: AnyValues): string {
  if (kind === "string") return JSON.stringify(value);
  if (kind === "bytes") return `0x${(value as Uint8Array).toHex()}`;
  if (typeof kind === "string") return String(value);
  if (isEach(kind)) {
    const [row] = Object.values(kind.each);
    return `[${(value as readonly unknown[]).map((it) => showValue(row?.[1] ?? "bytes", it, {})).join(", ")}]`;
  }
  if (isHeaded(kind)) return `{${showAttributes(kind.rest, (value as Headed).rest).join(", ")}}`;
  return `{${showAttributes(tableOf(kind, siblings), value as AnyValues).join(", ")}}`;
}

// A table of attributes holds rows only; these three have a field that is none.
const isEach = (kind: object): kind is { each: Attributes } => "each" in kind;
const isChoice = (kind: object): kind is { by: string; of: Record<string, Attributes> } => "by" in kind;
const isHeaded = (kind: object): kind is { header: Struct<Fields>; rest: Attributes } => "header" in kind;

function tableOf(kind: Exclude<Kind, string>, siblings: AnyValues): Attributes {
  return isChoice(kind) ? (kind.of[String(siblings[kind.by])] ?? {}) : (kind as Attributes);
}

function rowOf(table: Attributes, name: string): Attributes[string] {
  const row = table[name];
  if (row === undefined) throw new Error(`no attribute of this message is called ${name}`);
  return row;
}
