// <linux/timex.h>, <linux/time.h>: adjtimex(2), clock_settime(2).

import { Struct } from "./struct.ts";

export const ADJ_TICK = 0x4000;
export const ADJ = { ADJ_TICK } as const;

export const CLOCK_MONOTONIC = 1;
export const CLOCK = { CLOCK_MONOTONIC } as const;

/** struct __kernel_timex. */
export const timex = new Struct("__kernel_timex", {
  modes: "u32",
  offset: "i64",
  freq: "i64",
  maxerror: "i64",
  esterror: "i64",
  status: "i32",
  constant: "i64",
  precision: "i64",
  tolerance: "i64",
  time: ["i64", 2],
  tick: "i64",
  ppsfreq: "i64",
  jitter: "i64",
  shift: "i32",
  stabil: "i64",
  jitcnt: "i64",
  calcnt: "i64",
  errcnt: "i64",
  stbcnt: "i64",
  tai: "i32",
  reserved: ["u32", 11],
});
