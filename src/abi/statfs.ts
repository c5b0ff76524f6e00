// <sys/statfs.h>, <linux/magic.h>: fstatfs(2), and how a file system says which one it is.

import { Struct } from "./struct.ts";

/** On x86_64 and aarch64. `f_fsid` is two ints. */
export const statfs = new Struct("statfs", {
  f_type: "i64",
  f_bsize: "i64",
  f_blocks: "u64",
  f_bfree: "u64",
  f_bavail: "u64",
  f_files: "u64",
  f_ffree: "u64",
  f_fsid: ["i32", 2],
  f_namelen: "i64",
  f_frsize: "i64",
  f_flags: "i64",
  f_spare: ["i64", 4],
});

export const PROC_SUPER_MAGIC = 0x9fa0;
