// <linux/dirent.h>, <dirent.h>: what getdents64(2) fills.

import { Struct } from "./struct.ts";

/** The head of struct linux_dirent64; the name follows, ended by NUL, then padding up to `d_reclen`. */
export const linuxDirent64 = new Struct("linux_dirent64", {
  d_ino: "u64",
  d_off: "u64",
  d_reclen: "u16",
  d_type: "u8",
});

export const DT_UNKNOWN = 0;
export const DT_DIR = 4;

const NAME = linuxDirent64.offsetOf("d_type") + 1;

export interface DirectoryEntry {
  readonly name: string;
  /** The name as it is: the kernel does not ask for UTF-8. */
  readonly bytes: Uint8Array;
  /** DT_*; 0 where the file system does not tell. */
  readonly type: number;
}

/** The entries in a buffer of getdents64(2), `.` and `..` left out. */
export function parseDirectory(bytes: Uint8Array): DirectoryEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: DirectoryEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { d_reclen, d_type } = linuxDirent64.decode(view, at);
    const tail = bytes.subarray(at + NAME, at + d_reclen);
    const raw = tail.slice(0, tail.indexOf(0));
    const name = new TextDecoder().decode(raw);
    if (name !== "." && name !== "..") found.push({ name, bytes: raw, type: d_type });
    at += d_reclen;
  }
  return found;
}

/** What getdents64(2) would fill for these names: for plans. */
export function encodeDirectory(names: readonly string[]): Uint8Array {
  const records = names.map((name) => {
    const text = new TextEncoder().encode(`${name}\0`);
    const d_reclen = Math.ceil((NAME + text.length) / 8) * 8;
    const record = new Uint8Array(d_reclen);
    linuxDirent64.encodeInto(new DataView(record.buffer), 0, { d_reclen });
    record.set(text, NAME);
    return record;
  });
  return Uint8Array.from(records.flatMap((it) => [...it]));
}
