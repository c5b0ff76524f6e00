// Nothing: what a stream is connected with that nobody writes to and nobody reads. It is the container's own null device, never the
// host's: who has a file open and is root may change its mode, its owner and its times. Where there is none, it is a pipe that has
// ended.

import { ELOOP, ENOENT, EROFS } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_NOFOLLOW, O_RDWR } from "../abi/fcntl.ts";
import { S_IFCHR, S_IFMT, STATX_TYPE, statx } from "../abi/stat.ts";
import type { Result } from "../stage/call.ts";
import type { Fd } from "../stage/codec.ts";
import type { Stage } from "../stage/stage.ts";

export interface Nothing {
  readonly fd: Fd;
  /** What statx(2) says of it, where that has not been looked at. */
  readonly kind?: Result;
}

const NULL = { stx_mode: S_IFCHR, stx_rdev_major: 1, stx_rdev_minor: 3 } as const;

/** The null device of the file tree in which `stage` is by now. Nothing is waited for, so it may turn out to be something else. */
export async function openNull(stage: Stage): Promise<Nothing> {
  // what a volume or an image has put there is opened without harm: O_NOFOLLOW, and a FIFO does not block with O_RDWR
  const fd = await stage.openat(AT_FDCWD, "/dev/null", O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0, {
    tolerate: [ENOENT, ELOOP, EROFS],
  });
  const kind = await stage.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, statx.size, { assume: statx.encode(NULL) });
  return { fd, kind };
}

/** A pipe whose writing end is closed. */
export async function openEnded(stage: Stage): Promise<Nothing> {
  const pipe = await stage.pipe2(8, O_CLOEXEC, { assume: new Uint8Array([5, 0, 0, 0, 6, 0, 0, 0]) });
  const ends = new DataView(stage.bytes(pipe).slice().buffer);
  await stage.close(ends.getInt32(4, true));
  return { fd: ends.getInt32(0, true) };
}

/** Looks at what has been opened. Resolves with what is to be taken in its place, if it is no null device. */
export async function replacement(stage: Stage, { kind }: Nothing): Promise<Nothing | undefined> {
  if (kind === undefined || (stage.value(kind) >= 0 && isNull(kind.bytes))) return undefined;
  return await openEnded(stage);
}

function isNull(bytes: Uint8Array): boolean {
  const found = statx.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { stx_mode, stx_rdev_major: major, stx_rdev_minor: minor } = found;
  return (stx_mode & S_IFMT) === NULL.stx_mode && major === NULL.stx_rdev_major && minor === NULL.stx_rdev_minor;
}
