// <linux/time_types.h>: struct __kernel_timespec, as nanosleep(2) takes it.

import { Struct } from "./struct.ts";

export const timespec = new Struct("timespec", { tv_sec: "i64", tv_nsec: "i64" });
