// <linux/stat.h>, <linux/kdev_t.h>: file types, device numbers, statx(2).

import { Struct } from "./struct.ts";

export const S_IFMT = 0o170000;
export const S_IFIFO = 0o010000;
export const S_IFCHR = 0o020000;
export const S_IFDIR = 0o040000;
export const S_IFBLK = 0o060000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFSOCK = 0o140000;
export const S = { S_IFIFO, S_IFCHR, S_IFDIR, S_IFBLK, S_IFREG, S_IFLNK, S_IFSOCK } as const;

/** A device number as mknod(2) and stat(2) carry it (new_encode_dev in the kernel). */
export function makedev(major: number, minor: number): number {
  return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

export const major = (device: number): number => (device >>> 8) & 0xfff;
export const minor = (device: number): number => (device & 0xff) | ((device >>> 12) & ~0xff);

/** statx(2): the same layout on every architecture. The four times are not taken apart. */
export const statx = new Struct("statx", {
  stx_mask: "u32",
  stx_blksize: "u32",
  stx_attributes: "u64",
  stx_nlink: "u32",
  stx_uid: "u32",
  stx_gid: "u32",
  stx_mode: "u16",
  stx_ino: "u64",
  stx_size: "u64",
  stx_blocks: "u64",
  stx_attributes_mask: "u64",
  stx_atime: ["u64", 2],
  stx_btime: ["u64", 2],
  stx_ctime: ["u64", 2],
  stx_mtime: ["u64", 2],
  stx_rdev_major: "u32",
  stx_rdev_minor: "u32",
  stx_dev_major: "u32",
  stx_dev_minor: "u32",
  stx_mnt_id: "u64",
  stx_dio_mem_align: "u32",
  stx_dio_offset_align: "u32",
  __spare3: ["u64", 12],
});

export const STATX_TYPE = 0x1;
export const STATX_MODE = 0x2;
export const STATX_INO = 0x100;
export const STATX = { STATX_TYPE, STATX_MODE, STATX_INO } as const;
