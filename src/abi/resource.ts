// <asm-generic/resource.h>, <linux/resource.h>: prlimit(2), setpriority(2).

import { Struct } from "./struct.ts";

/** By the names that `--ulimit` takes, in the kernel's order. */
export const RLIMIT = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

export const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

export const rlimit = new Struct("rlimit64", { cur: "u64", max: "u64" });

export const showLimit = (value: number | bigint): string =>
  BigInt(value) === RLIM_INFINITY ? "RLIM_INFINITY" : String(value);

/** Whose priority setpriority(2) changes. */
export const PRIO_PROCESS = 0;
export const PRIO = { PRIO_PROCESS } as const;
