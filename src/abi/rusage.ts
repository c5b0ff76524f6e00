// <linux/resource.h>: getrusage(2).

import { Struct } from "./struct.ts";

export const RUSAGE_CHILDREN = -1;
export const RUSAGE = { RUSAGE_CHILDREN } as const;

/** Two times, each in seconds and microseconds; then counters. */
export const rusage = new Struct("rusage", {
  ru_utime: ["i64", 2],
  ru_stime: ["i64", 2],
  ru_maxrss: ["i64", 14],
});
