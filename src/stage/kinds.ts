// Kinds of arguments that one call has, or a few: numbers and bytes which the kernel reads in a manner of their own. What is
// common to many calls is in codec.ts.

import * as capability from "../abi/capability.ts";
import * as fcntl from "../abi/fcntl.ts";
import { type FlagTable, showFlags, showOneOf } from "../abi/flags.ts";
import { CLONE } from "../abi/sched.ts";
import * as signal from "../abi/signal.ts";
import * as socket from "../abi/socket.ts";
import * as stat from "../abi/stat.ts";
import type { Fields, Struct } from "../abi/struct.ts";
import * as terminal from "../abi/termios.ts";
import { Memory } from "./call.ts";
import { type Codec, flags, mode, struct } from "./codec.ts";

/** A plain number for the kernel, with its own manner of being shown. */
function shown(show: (value: number) => string): Codec<number> {
  return { encode: (value) => value, show };
}

/** Bytes of a structure that was put together elsewhere, or comes from the kernel: shown as the named fields of it. */
function decoded<F extends Fields>(
  shape: Struct<F>,
  tables: { readonly [K in keyof F]?: (value: number) => string },
): Codec<Uint8Array> {
  const names = Object.keys(tables).length === 0 ? Object.keys(shape.fields) : Object.keys(tables);
  return {
    encode: (value) => new Memory(value),
    show: (value) => {
      const fields = shape.decode(new DataView(value.buffer, value.byteOffset, value.byteLength));
      const text = names.map((it) => `${it}=${(tables[it] ?? String)(fields[it] as number)}`);
      return `{${text.join(", ")}${names.length < Object.keys(shape.fields).length ? ", …" : ""}}`;
    },
  };
}

// files

const withAccess = (value: number): string | undefined => ((value & 3) === 0 ? showRdonly(value) : undefined);

function showRdonly(value: number): string {
  return value === 0 ? "O_RDONLY" : `O_RDONLY|${showFlags(fcntl.O, value)}`;
}

export const open = flags(fcntl.O, withAccess);
export const descriptorFlags = flags({ O_CLOEXEC: fcntl.O_CLOEXEC, O_NONBLOCK: fcntl.O_NONBLOCK });
export const at = flags(fcntl.AT);
export const access = flags(fcntl.ACCESS, (value) => (value === fcntl.F_OK ? "F_OK" : undefined));

export const openHow = struct(fcntl.openHow, {
  flags: (value) => open.show(Number(value)),
  mode: (value) => mode.show(Number(value)),
  resolve: (value) => showFlags(fcntl.RESOLVE, value),
});

export const deviceMode = shown(
  (value) => `${showFlags(stat.S, value & stat.S_IFMT)}|0${(value & 0o7777).toString(8)}`,
);

export const deviceNumber = shown((value) =>
  value === 0 ? "0" : `makedev(${stat.major(value)}, ${stat.minor(value)})`,
);

// processes

export const showSignal = (value: number | bigint): string => showOneOf(signal.SIG, value);

/** The older clone(2): the low byte is the signal that the child's end sends. */
export const cloneFlags = shown((value) =>
  [value & ~0xff ? showFlags(CLONE, value & ~0xff) : [], showSignal(value & 0xff)].flat().join("|"),
);

export const capabilityNumber = shown((value) => capability.capabilityNames[value] ?? String(value));

export const capabilityHeader = struct(capability.userCapHeader, {
  version: (value) =>
    value === capability.LINUX_CAPABILITY_VERSION_3 ? "_LINUX_CAPABILITY_VERSION_3" : `0x${value.toString(16)}`,
});

// sockets

/** SOCK_CLOEXEC is a flag beside the type, which is a number. */
export const socketType = shown((value) => {
  const cloexec = (value & socket.SOCK_CLOEXEC) === 0 ? "" : "|SOCK_CLOEXEC";
  return `${showOneOf(socket.SOCK, value & 0xf)}${cloexec}`;
});

// terminals

const bits = (table: FlagTable) => (value: number) => showFlags(table, value);

export const termios = decoded(terminal.termios, {
  iflag: bits(terminal.IFLAG),
  oflag: bits(terminal.OFLAG),
  cflag: bits(terminal.CFLAG),
  lflag: bits(terminal.LFLAG),
});

export const winsize = decoded(terminal.winsize, {});

/** A pointer to a number of 32 bits. */
export const number32: Codec<number> = {
  encode: (value) => new Memory(new Uint8Array(Uint32Array.of(value).buffer)),
  show: (value) => `[${value}]`,
};
