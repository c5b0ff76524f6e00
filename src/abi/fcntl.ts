// <fcntl.h>, <linux/fcntl.h>, <linux/openat2.h>, <linux/fs.h>: open flags (x86_64; aarch64 differs where `arm64` says so), AT_*, RESOLVE_*, seals.

import { Struct } from "./struct.ts";

const arm64 = process.arch === "arm64";

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECTORY = arm64 ? 0o40000 : 0o200000;
export const O_NOFOLLOW = arm64 ? 0o100000 : 0o400000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

export const O = {
  O_WRONLY,
  O_RDWR,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_TRUNC,
  O_APPEND,
  O_NONBLOCK,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_CLOEXEC,
  O_PATH,
} as const;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;
export const AT_RECURSIVE = 0x8000;
export const AT = { AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_EMPTY_PATH, AT_RECURSIVE } as const;

export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;
export const RESOLVE = {
  RESOLVE_NO_XDEV,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
} as const;

export const openHow = new Struct("open_how", { flags: "u64", mode: "u64", resolve: "u64" });

export const F_SETFD = 2;
export const F_GETFD = 1;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_ADD_SEALS = 1033;
export const F = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS } as const;
export const FD_CLOEXEC = 1;

export const F_SEAL_SEAL = 1;
export const F_SEAL_SHRINK = 2;
export const F_SEAL_GROW = 4;
export const F_SEAL_WRITE = 8;
export const F_SEAL = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE } as const;

export const MFD_CLOEXEC = 1;
export const MFD_ALLOW_SEALING = 2;
export const MFD_EXEC = 0x10;
export const MFD = { MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC } as const;

export const CLOSE_RANGE_CLOEXEC = 4;

export const F_OK = 0;
export const X_OK = 1;
export const ACCESS = { R_OK: 4, W_OK: 2, X_OK } as const;

/** flock(2) */
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;
export const LOCK = { LOCK_EX, LOCK_NB, LOCK_UN } as const;

/** renameat2(2). */
export const RENAME_NOREPLACE = 1;
export const RENAME = { RENAME_NOREPLACE } as const;
