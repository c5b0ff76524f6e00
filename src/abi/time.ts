// <linux/time_types.h>, <linux/time.h>: struct __kernel_timespec, as nanosleep(2) takes it; setitimer(2).

import { Struct } from "./struct.ts";

export const timespec = new Struct("timespec", { tv_sec: "i64", tv_nsec: "i64" });

/** Real time; its end is SIGALRM. */
export const ITIMER_REAL = 0;

export const itimerval = new Struct("__kernel_old_itimerval", {
  "it_interval.tv_sec": "i64",
  "it_interval.tv_usec": "i64",
  "it_value.tv_sec": "i64",
  "it_value.tv_usec": "i64",
});
