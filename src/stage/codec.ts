// What an argument of a system call is: how it is encoded for the stage and how the trace prints it. One codec
// does both, so that the trace cannot tell anything but what was sent.

import { type FlagTable, showFlags, showOneOf } from "../abi/flags.ts";
import type { Fields, Struct, Values } from "../abi/struct.ts";
import { Memory, type Operand, Result, Sent } from "./call.ts";

export interface Codec<T> {
  encode(value: T): Operand;
  show(value: T): string;
}

/** A descriptor: a number, or the result of an earlier call that opened it. */
export type Fd = number | Result | Sent;

function showFd(value: Fd): string {
  if (value instanceof Sent) return "<channel>";
  if (value instanceof Result) return value.settled && value.ok ? String(value.value) : `<${value.name}>`;
  return value === -100 ? "AT_FDCWD" : String(value);
}

export const fd: Codec<Fd> = { encode: (value) => value, show: showFd };

/** A plain number. */
export const int: Codec<number | bigint | Result> = {
  encode: (value) => value,
  show: (value) => (value instanceof Result ? showFd(value) : String(value)),
};

/** A pointer that is null in all calls of ours. A result that decides whether the call is made may stand there: it is 0 then. */
export const pointer: Codec<0 | Result> = { encode: (value) => value, show: showPointer };

function showPointer(value: 0 | Result): string {
  return value === 0 || (value.settled && value.value <= 0) ? "NULL" : showFd(value);
}

/** A number shown in octal, as file modes are. */
export const mode: Codec<number> = {
  encode: (value) => value,
  show: (value) => (value === 0 ? "0" : `0${value.toString(8)}`),
};

export const hex: Codec<number | bigint> = { encode: (value) => value, show: (value) => `0x${value.toString(16)}` };

/** A NUL-terminated string, or null. */
export const string: Codec<string | null> = {
  encode: (value) => (value === null ? 0 : Memory.string(value)),
  show: (value) => (value === null ? "NULL" : quote(value)),
};

/** The name of a file that somebody else has chosen: bytes, which need not be UTF-8. */
export const filename: Codec<string | Uint8Array> = {
  encode: (value) => (typeof value === "string" ? Memory.string(value) : new Memory(Uint8Array.of(...value, 0))),
  show: (value) => quote(typeof value === "string" ? value : Buffer.from(value).toString("latin1")),
};

/** An array of strings that ends with a null pointer. */
export const strings: Codec<readonly string[]> = {
  encode: (list) => Memory.strings(list),
  show: (list) => `[${list.map(quote).join(", ")}]`,
};

/** Bytes that the kernel reads, shown as a string. Follow with `int` for the length. */
export const input: Codec<Uint8Array | string> = {
  encode: (value) => new Memory(typeof value === "string" ? new TextEncoder().encode(value) : value),
  show: (value) => quote(typeof value === "string" ? value : Buffer.from(value).toString("latin1")),
};

/** So many bytes that the kernel writes; they come back as the result's `bytes`. */
export const output: Codec<number> = {
  encode: (size) => Memory.result(size),
  show: (size) => `[${size} bytes]`,
};

/** Memory that was put together elsewhere, with the text that stands for it in the trace. */
export const memory: Codec<Shown> = { encode: (value) => value.memory, show: (value) => value.text };

export interface Shown {
  readonly memory: Memory;
  readonly text: string;
}

export function flags(table: FlagTable, extra: (value: number) => string | undefined = () => undefined): Codec<number> {
  return { encode: (value) => value, show: (value) => extra(value) ?? showFlags(table, value) };
}

export function oneOf(table: FlagTable): Codec<number> {
  return { encode: (value) => value, show: (value) => showOneOf(table, value) };
}

type StructValue<F extends Fields> = { readonly [K in keyof F]?: Values<F>[K] | Memory | Result };

/** A pointer to a structure, printed field by field; fields that are absent are 0 and not printed. */
export function struct<F extends Fields>(
  shape: Struct<F>,
  tables: { readonly [K in keyof F]?: (value: number | bigint) => string } = {},
): Codec<StructValue<F>> {
  return {
    encode: (value) => Memory.struct(shape, value),
    show: (value) => {
      const fields = Object.entries(value).map(([name, it]) => {
        if (it instanceof Result) return `${name}=${showFd(it)}`;
        if (it instanceof Memory) return `${name}=…`;
        const table = tables[name];
        return `${name}=${table === undefined ? String(it) : table(it as number)}`;
      });
      return `{${fields.join(", ")}}`;
    },
  };
}

/** A string as strace(1) quotes it; control characters are escaped and long ones are cut. */
export function quote(text: string): string {
  const shown = text.length > 200 ? text.slice(0, 200) : text;
  const escaped = shown.replace(/[\\"\0-\x1f\x7f-\x9f]/g, (it) => {
    if (it === "\n") return "\\n";
    if (it === "\t") return "\\t";
    if (it === '"' || it === "\\") return `\\${it}`;
    return `\\x${it.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"${shown.length < text.length ? "..." : ""}`;
}
