// <linux/netlink.h>, struct nlattr: what netlink messages are made of.
//
//   attribute  length u16 │ type u16 │ value, padded to 4 bytes      the value may again be attributes
//
// A table describes one set of attributes. The same table encodes, decodes and prints them, so the trace can show
// nothing but what was sent.

import { bigEndian, ipv4Bytes, ipv4Text, macBytes, macText } from "./inet.ts";
import { type Fields, Struct, type Values } from "./struct.ts";

type NumberKind = "u8" | "u16" | "u32" | "be32" | "be64";

/** What an attribute's value is. */
export type Kind =
  | NumberKind
  | "string"
  | "bytes"
  | "ipv4"
  | "mac"
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

type ValueOf<K> = K extends "string" | "ipv4" | "mac"
  ? string
  : K extends NumberKind
    ? number
    : K extends "bytes"
      ? Uint8Array
      : K extends { readonly each: infer A }
        ? readonly AttributeValues<A>[]
        : K extends { readonly by: string; readonly of: infer T }
          ? AttributeValues<T[keyof T]>
          : K extends { readonly header: Struct<infer F>; readonly rest: infer A }
            ? { readonly header: Values<F>; readonly rest: AttributeValues<A> }
            : AttributeValues<K>;

/** The values for a table of attributes, by name. */
export type AttributeValues<A> = {
  readonly [N in keyof A]?: A[N] extends readonly [number, infer K, ...unknown[]] ? ValueOf<K> : never;
};

type AnyValues = Readonly<Record<string, unknown>>;

interface KindCodec {
  /** `siblings`: the attributes beside this one. */
  encode(value: unknown, siblings: AnyValues): Uint8Array;
  decode(bytes: Uint8Array, siblings: AnyValues): unknown;
  show(value: unknown, siblings: AnyValues): string;
}

const nlattr = new Struct("nlattr", { len: "u16", type: "u16" });
const NLA_F_NESTED = 1 << 15;
const NLA_TYPE_MASK = 0x3fff;

export function encodeAttributes(table: Attributes, values: AnyValues): Uint8Array {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return join(
    given.map(([name, value]) => {
      const [type, kind] = rowOf(table, name);
      const bytes = codecOf(kind).encode(value, values);
      const len = nlattr.size + bytes.length;
      return pad(join([nlattr.encode({ len, type: typeof kind === "string" ? type : type | NLA_F_NESTED }), bytes]));
    }),
  );
}

/** The attributes that the table knows; others, of newer kernels say, are passed over. */
export function decodeAttributes<A extends Attributes>(table: A, bytes: Uint8Array): AttributeValues<A> {
  const names = new Map(Object.entries(table).map(([name, [type]]) => [type, name]));
  const values: Record<string, unknown> = {};
  for (const { type, value } of splitAttributes(bytes)) {
    const name = names.get(type);
    if (name !== undefined) values[name] = codecOf(rowOf(table, name)[1]).decode(value, values);
  }
  return values as AttributeValues<A>;
}

/** `IFLA_IFNAME="eth0"`, one for each attribute. */
export function showAttributes(table: Attributes, values: AnyValues): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const [, kind, show] = rowOf(table, name);
    const text = show === undefined ? codecOf(kind).show(value, values) : show(value as number);
    return [`${name}=${text}`];
  });
}

function rowOf(table: Attributes, name: string): Attributes[string] {
  const row = table[name];
  if (row === undefined) throw new Error(`no attribute of this message is called ${name}`);
  return row;
}

function* splitAttributes(bytes: Uint8Array): Generator<{ type: number; value: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + nlattr.size <= bytes.length; ) {
    const { len, type } = nlattr.decode(view, at);
    if (len < nlattr.size) return;
    yield { type: type & NLA_TYPE_MASK, value: bytes.subarray(at + nlattr.size, at + len) };
    at += align(len);
  }
}

function codecOf(kind: Kind): KindCodec {
  if (typeof kind === "string") return simple[kind];
  if (isEach(kind)) return list(kind.each);
  if (isChoice(kind)) {
    const table = (siblings: AnyValues): Attributes => kind.of[String(siblings[kind.by])] ?? {};
    return {
      encode: (value, siblings) => encodeAttributes(table(siblings), value as AnyValues),
      decode: (bytes, siblings) => decodeAttributes(table(siblings), bytes),
      show: (value, siblings) => braces(showAttributes(table(siblings), value as AnyValues)),
    };
  }
  if (isHeaded(kind)) return headed(kind.header, kind.rest);
  const table = kind as Attributes;
  return {
    encode: (value) => encodeAttributes(table, value as AnyValues),
    decode: (bytes) => decodeAttributes(table, bytes),
    show: (value) => braces(showAttributes(table, value as AnyValues)),
  };
}

// A table of attributes holds rows only; these three have a field that is none.
const isEach = (kind: object): kind is { each: Attributes } => "each" in kind;
const isChoice = (kind: object): kind is { by: string; of: Record<string, Attributes> } => "by" in kind;
const isHeaded = (kind: object): kind is { header: Struct<Fields>; rest: Attributes } => "header" in kind;

function list(table: Attributes): KindCodec {
  const [name = ""] = Object.keys(table);
  const wrap = (value: unknown): AnyValues => ({ [name]: value });
  return {
    encode: (value) => join((value as readonly unknown[]).map((it) => encodeAttributes(table, wrap(it)))),
    decode: (bytes) => {
      const { decode } = codecOf(rowOf(table, name)[1]);
      return [...splitAttributes(bytes)].map(({ value }) => decode(value, {}));
    },
    show: (value) => {
      const { show } = codecOf(rowOf(table, name)[1]);
      return `[${(value as readonly unknown[]).map((it) => show(it, {})).join(", ")}]`;
    },
  };
}

function headed(header: Struct<Fields>, rest: Attributes): KindCodec {
  type Headed = { readonly header: Values<Fields>; readonly rest: AnyValues };
  return {
    encode: (value) => join([pad(header.encode((value as Headed).header)), encodeAttributes(rest, (value as Headed).rest)]),
    decode: (bytes) => ({
      header: header.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      rest: decodeAttributes(rest, bytes.subarray(align(header.size))),
    }),
    show: (value) => braces(showAttributes(rest, (value as Headed).rest)),
  };
}

const little = (size: 1 | 2 | 4): KindCodec => ({
  encode: (value) => bigEndian(value as number, size).toReversed(),
  decode: (bytes) => Number(readBig(bytes.subarray(0, size).toReversed())),
  show: String,
});

const big = (size: 4 | 8): KindCodec => ({
  encode: (value) => bigEndian(value as number, size),
  decode: (bytes) => Number(readBig(bytes.subarray(0, size))),
  show: String,
});

const simple: Readonly<Record<Extract<Kind, string>, KindCodec>> = {
  u8: little(1),
  u16: little(2),
  u32: little(4),
  be32: big(4),
  be64: big(8),
  string: {
    encode: (value) => new TextEncoder().encode(`${value as string}\0`),
    decode: (bytes) => new TextDecoder().decode(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes),
    show: (value) => JSON.stringify(value),
  },
  bytes: {
    encode: (value) => value as Uint8Array,
    decode: (bytes) => bytes.slice(),
    show: (value) => `0x${(value as Uint8Array).toHex()}`,
  },
  ipv4: {
    encode: (value) => ipv4Bytes(value as string),
    decode: (bytes) => ipv4Text(Number(readBig(bytes.subarray(0, 4)))),
    show: String,
  },
  mac: {
    encode: (value) => macBytes(value as string),
    decode: macText,
    show: String,
  },
};

const braces = (parts: readonly string[]): string => `{${parts.join(", ")}}`;

const readBig = (bytes: Uint8Array): bigint => bytes.reduce((sum, it) => sum * 256n + BigInt(it), 0n);

/** The next multiple of 4: NLMSG_ALIGN and NLA_ALIGN. */
export const align = (size: number): number => (size + 3) & ~3;

export function pad(bytes: Uint8Array): Uint8Array {
  if (bytes.length === align(bytes.length)) return bytes;
  const padded = new Uint8Array(align(bytes.length));
  padded.set(bytes);
  return padded;
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const it of parts) {
    joined.set(it, at);
    at += it.length;
  }
  return joined;
}
