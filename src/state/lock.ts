// Locks between processes: flock(2) on a file that is made for the purpose, or on a folder, which takes no space on a
// full disk. The kernel gives a lock up when its holder ends, however it ends, so none can be left behind and none has
// to be judged stale.
//
// Lock order, outermost first. Whoever holds one takes only later ones:
//   1. containers/ID/lock   one command at a time changes a container
//   2. containers/ID/       reading, changing and writing state.json
//   3. names/               taking a name away from a container that is no longer there
// data/base/lock and data/learn/lock are held alone; they are files because home folders may be on NFS, where folders cannot be
// locked.

import { closeSync, constants, openSync } from "node:fs";
import { EAGAIN, EINTR, errnoName } from "../abi/errno.ts";
import { LOCK_EX, LOCK_NB } from "../abi/fcntl.ts";
import { errno, libc } from "../abi/libc.ts";

// What this process holds. A second blocking flock(2) on the same file would wait for ever: for this process itself.
const held = new Set<string>();

/**
 * Runs `action` while no other process (nor this one, elsewhere) holds the lock. Blocks the thread: keep it short.
 * `path` is a file, made if need be, or a folder, with a slash at its end.
 */
export function withLock<T>(path: string, action: () => T): T {
  if (held.has(path)) throw new Error(`${path} is already locked by this process`);
  const fd = open(path);
  try {
    flock(path, fd, LOCK_EX);
    held.add(path);
    return action();
  } finally {
    held.delete(path);
    closeSync(fd);
  }
}

/**
 * The same for an action that takes time: others of this process go on meanwhile, and wait their turn for this lock.
 */
export async function withLockAsync<T>(path: string, action: () => Promise<T>): Promise<T> {
  const fd = open(path);
  try {
    for (let wait = 1; held.has(path) || !flock(path, fd, LOCK_EX | LOCK_NB); wait = Math.min(2 * wait, 20)) {
      await Bun.sleep(wait);
    }
    held.add(path);
    try {
      return await action();
    } finally {
      held.delete(path);
    }
  } finally {
    closeSync(fd);
  }
}

// Bun opens files with O_CLOEXEC, so no child keeps a lock alive.
function open(path: string): number {
  const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
  return openSync(path, path.endsWith("/") ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
}

/** False: somebody holds it, and `operation` has LOCK_NB. */
function flock(path: string, fd: number, operation: number): boolean {
  while (libc().flock(fd, operation) !== 0) {
    const error = errno();
    if (error === EAGAIN) return false;
    if (error !== EINTR) throw new Error(`flock(${path}) = ${errnoName(error)}`);
  }
  return true;
}
