// The frames between minidocker and a stage. native/build.ts generates native/wire.h from these tables,
// so that neither side can be changed without the other.
//
//   request   frame │ call × calls │ relocation × relocations │ data
//   reply     reply │ i64 × calls  │ the arena's bytes [out, out + outSize)
//
// `data` is placed in the stage's arena at `base` before the first call runs. The arena outlives the frame, so
// something too long for one frame is sent as several frames that hold no call, only data or relocations. What comes
// back is zero from `blank` on until a call writes there: it is not sent.

import { Struct } from "../abi/struct.ts";

export const frame = new Struct("frame", {
  serial: "u32",
  calls: "u16",
  relocations: "u16",
  base: "u32",
  size: "u32",
  out: "u32",
  outSize: "u32",
  blank: "u32",
  reserved: "u32",
});

/** One call. `tolerate` holds up to three errnos after which the frame goes on; any other failure ends it. */
export const call = new Struct("call", {
  op: "u16",
  tolerate: ["u16", 3],
  number: "u32",
  kinds: ["u8", 6],
  args: ["u64", 6],
});

/** Right before call `call`, or at once in a frame without calls: store a value of `width` bytes (4 or 8) at arena offset `at`. */
export const relocation = new Struct("relocation", {
  at: "u32",
  value: "u32",
  call: "u16",
  kind: "u8",
  width: "u8",
});

/** `error` is 0, or the errno with which the whole frame was refused. `done` counts the calls that ran. */
export const reply = new Struct("reply", { serial: "u32", done: "u32", error: "i32", outSize: "u32" });

/**
 * The argument of op SUPERVISE: descriptors, -1 for none. Streams are copied from → to until `pid` has ended, or the other end of
 * `owner` is closed: then the result is EOWNERDEAD. With `leave`, the stage ends with the program, with its exit code, or 128 +
 * the signal that killed it.
 * The result is the program's status as wait4(2) gives it, in STATUS_BITS, and above them the errno with which some of its output
 * was refused, such as ENOSPC; 0 where none was lost.
 */
export const supervise = new Struct("supervise", {
  pid: "i32",
  signals: "i32",
  record: "i32",
  log: "i32",
  listener: "i32",
  terminal: "i32",
  window: "i32",
  owner: "i32",
  leave: "i32",
  from: ["i32", 3],
  to: ["i32", 3],
});

/** What SUPERVISE writes to `record` when the program has ended: a status as wait4(2) gives it. */
export const exitRecord = new Struct("exit_record", { nanoseconds: "u64", status: "i32", reserved: "u32" });

/** Precedes each piece of output in the log, and in what an attached client receives. */
export const logHeader = new Struct("log_header", { nanoseconds: "u64", stream: "u32", size: "u32" });

/** A status of wait4(2) has so many. */
export const STATUS_BITS = 16;

export const op = { SYSCALL: 0, CLONE: 1, SUPERVISE: 2 } as const;

/** What an argument or a relocation's value means. */
export const kind = {
  VALUE: 0,
  /** an offset into the arena, replaced by its address */
  BUFFER: 1,
  /** the result of the n-th call of this frame; if that call failed, this call is skipped (ECANCELED) */
  RESULT: 2,
  /** the n-th descriptor that came with this frame */
  DESCRIPTOR: 3,
} as const;

export const limits = {
  FRAME_MAX: 65536,
  CALLS_MAX: 256,
  ARENA_SIZE: 4 * 1024 * 1024,
  DESCRIPTORS_MAX: 8,
  ATTACHED_MAX: 8,
} as const;

/** The descriptor on which a stage that is started afresh finds its channel. */
export const CHANNEL = 3;
