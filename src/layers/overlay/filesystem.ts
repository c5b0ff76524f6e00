// A mount in three steps: fsopen(2) names the file system, fsconfig(2) says how it is to be, fsmount(2) makes a mount of it that
// is nowhere yet. Only move_mount(2) gives it a place, by descriptor. mount(2) does all that at once, and takes a path.

import { EINVAL, ENODEV, EPERM } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE } from "../../abi/fcntl.ts";
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR__ATIME,
  mountAttr,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "../../abi/mount.ts";
import type { CallOptions, Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import type { MountOptions } from "./options.ts";

export interface Filesystem {
  readonly type: string;
  /** What mountinfo shows for it; without a meaning to the kernel for what is not on a disk. */
  readonly source: string;
  readonly data: MountOptions["data"];
  readonly attributes: number;
}

/** A mount of a new file system. With `mayFail`, the result is negative where the kernel does not permit it (EPERM). */
export async function newFilesystem(stage: Stage, wanted: Filesystem, mayFail = false): Promise<Result> {
  const { type, source, data, attributes } = wanted;
  const options: CallOptions = { cause: refused(type), ...(mayFail ? { tolerate: [EPERM, EINVAL] } : {}) };
  const context = await stage.fsopen(type, FSOPEN_CLOEXEC, options);
  await stage.fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0);
  for (const [name, value] of data) {
    const cause = { [EINVAL]: `${type} does not take ${value === undefined ? name : `${name}=${value}`}` };
    if (value === undefined) await stage.fsconfig(context, FSCONFIG_SET_FLAG, name, null, 0, { cause });
    else await stage.fsconfig(context, FSCONFIG_SET_STRING, name, value, 0, { cause });
  }
  await stage.fsconfig(context, FSCONFIG_CMD_CREATE, null, null, 0, options);
  const mount = await stage.fsmount(context, FSMOUNT_CLOEXEC, attributes, options);
  await stage.close(context);
  return mount;
}

const refused = (type: string) => ({
  [ENODEV]: `this kernel has no ${type}: see minidocker doctor`,
  [EPERM]: `mounting ${type} needs CAP_SYS_ADMIN in the user namespace that owns what it shows`,
  [EINVAL]: `${type} does not take these options`,
});

/** A mount that shows what is at `path` of the host; with `recursive`, also what is mounted below. */
export function cloneOf(stage: Stage, path: string, recursive: boolean, options: CallOptions = {}): Promise<Result> {
  return stage.open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0), options);
}

/** A mount that shows what the descriptor is open on. */
export function cloneOfDescriptor(stage: Stage, fd: Result, recursive = false): Promise<Result> {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return stage.open_tree(fd, "", flags);
}

/**
 * Sets attributes of a mount and of those below it. mount(2) cannot do that when it makes a bind mount: it ignores MS_RDONLY then
 * without a word, which is why a read-only volume always takes two calls.
 */
export async function setAttributes(stage: Stage, mount: Result, bits: number): Promise<void> {
  if (bits === 0) return;
  const atime = (bits & MOUNT_ATTR__ATIME) === 0 ? 0 : MOUNT_ATTR__ATIME;
  const values = { attr_set: bits, ...(atime === 0 ? {} : { attr_clr: atime }) };
  await stage.mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, values, mountAttr.size);
}

export async function setPropagation(stage: Stage, mount: Result, type: number, recursive: boolean): Promise<void> {
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  await stage.mount_setattr(mount, "", flags, { propagation: type }, mountAttr.size);
}
