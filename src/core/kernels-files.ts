// The kernel's files below /proc and /sys of another process, reached through its root. Such a process may have put there
// whatever it likes: a FIFO, a device, a link to a file of root's, another file of /proc. To open that would be to
// do something, so it is looked at first, and opened only as what it then is known to be.

import { ptr } from "bun:ffi";
import { closeSync, fstatSync, openSync, readFileSync, readSync, statfsSync } from "node:fs";
import { EACCES, ELOOP, ENOENT, ENOTDIR, EXDEV, errnoName } from "../abi/errno.ts";
import {
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  openHow,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
} from "../abi/fcntl.ts";
import { systemCall } from "../abi/libc.ts";
import { PROC_SUPER_MAGIC } from "../abi/statfs.ts";

/** What of a row of /proc/PID/mountinfo tells where a path leads. */
interface Place {
  readonly id: number;
  readonly parent: number;
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

interface Process {
  readonly pid: number;
  readonly mounts: readonly Place[];
}

/** The types of the file systems in which the kernel shows itself, by the folder in which everybody looks for them. */
const kernels: Readonly<Record<string, string>> = { "/proc": "proc", "/sys": "sysfs" };

/**
 * Calls `look` with the /proc/self/fd name of an O_PATH descriptor of what the kernel keeps under that absolute path, as the
 * process sees it. Undefined, and nothing is called, where that is not there or something else is. Throws where it cannot be
 * told. `proc` is where proc is mounted.
 */
export function withKernels<T>(
  { pid, mounts }: Process,
  proc: string,
  path: string,
  look: (name: string, fd: number) => T,
): T | undefined {
  const mount = mountOf(mounts, path);
  if (mount === undefined || !isKernels(mount, path)) return undefined;
  const opened: number[] = [];
  try {
    opened.push(openSync(`${proc}/${pid}/root`, O_PATH | O_DIRECTORY | O_CLOEXEC));
    const fd = openBelow(opened[0] as number, path.slice(1));
    opened.push(fd);
    // the mounts may have changed since they were read
    const id = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`${proc}/self/fdinfo/${fd}`, "utf8"))?.[1];
    return Number(id) === mount.id ? look(`${proc}/self/fd/${fd}`, fd) : undefined;
  } catch (error) {
    if (absent.has(Math.abs((error as { errno?: number }).errno ?? 0))) return undefined;
    throw error;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** Not there, not to be seen, or something on the way that is no folder. */
const absent = new Set([ENOENT, EACCES, ENOTDIR, ELOOP, EXDEV]);

/** For `withKernels`: the beginning of a regular file of /proc. */
export function firstPage(name: string, fd: number): string | undefined {
  if (!fstatSync(fd).isFile() || statfsSync(name).type !== PROC_SUPER_MAGIC) return undefined;
  const file = openSync(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  try {
    const page = Buffer.alloc(4096);
    return page.toString("utf8", 0, readSync(file, page));
  } finally {
    closeSync(file);
  }
}

/** The mount in which `path` lies: the walk to it goes from mount to mount, and of two on its way takes the nearer one. */
export function mountOf<M extends Place>(mounts: readonly M[], path: string): M | undefined {
  const ids = new Set(mounts.map((it) => it.id));
  const onTheWay = mounts.filter((it) => isAtOrBelow(path, it.point));
  let found: M | undefined;
  for (;;) {
    const next = onTheWay
      .filter((it) => (found === undefined ? !ids.has(it.parent) : it.parent === found.id))
      .sort((one, other) => one.point.length - other.point.length)[0];
    if (next === undefined) return found;
    found = next;
  }
}

/** Whether what that mount has under that path is the kernel's, and the very file that it is called. */
function isKernels({ type, root, point }: Place, path: string): boolean {
  const top = Object.keys(kernels).find((it) => isAtOrBelow(path, it)) ?? "";
  // /proc/kmsg may be bound to any other name, and whoever reads it takes the messages away
  const name = `${root === "/" ? "" : root}${path.slice(point === "/" ? 0 : point.length)}`;
  return type === kernels[top] && name === path.slice(top.length);
}

const isAtOrBelow = (path: string, folder: string): boolean =>
  `${path}/`.startsWith(folder === "/" ? "/" : `${folder}/`);

/** A descriptor that stands for the file without having opened it. No link leads astray: openat2(2). */
function openBelow(folder: number, path: string): number {
  const flags = BigInt(O_PATH | O_NOFOLLOW | O_CLOEXEC);
  const how = openHow.encode({ flags, mode: 0n, resolve: BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS) });
  const fd = systemCall("openat2", folder, ptr(Buffer.from(`${path}\0`)), ptr(how), how.length);
  if (fd < 0) throw Object.assign(new Error(`openat2(${path}) = ${errnoName(-fd)}`), { errno: fd });
  return fd;
}
