// Ways to mount. None of them is given a path that the image could have bent: a new file system is mounted on the
// working directory, or on a name in it, after fchdir(2) to a descriptor; a bind mount is made detached by open_tree(2)
// and put in place by move_mount(2), which takes descriptors.

import { EINVAL, ENODEV, ENOSYS, EPERM } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE } from "../../abi/fcntl.ts";
import {
  MOUNT_ATTR__ATIME,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  mountAttr,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from "../../abi/mount.ts";
import type { CallOptions, Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

/** Where a mount goes: a descriptor, or a name in the folder that it is of. */
export interface Spot {
  readonly folder: Result;
  /** Empty for the folder, or file, itself. */
  readonly name: string;
  /** The descriptor is needed elsewhere, too, and stays open. */
  readonly shared?: boolean;
}

export interface Filesystem {
  readonly type: string;
  /** What mountinfo shows for it; without a meaning to the kernel for what is not on a disk. */
  readonly source: string;
  /** MS_* */
  readonly flags: number;
  readonly data: string;
}

/**
 * A new file system at the spot, which stays open. One call, where fsopen(2), fsconfig(2), fsmount(2) and move_mount(2)
 * would be six or more. mount(2) follows a link with that name, so a name must be one that was made just before.
 */
export async function mountFilesystem(
  stage: Stage,
  spot: Spot,
  fs: Filesystem,
  options: CallOptions = {},
): Promise<Result> {
  const { type, source, flags, data } = fs;
  await stage.fchdir(spot.folder);
  return stage.mount(source, spot.name || ".", type, flags, data || null, { cause: refused(type, data), ...options });
}

const refused = (type: string, data: string) => ({
  [ENODEV]: `this kernel has no ${type}: see minidocker doctor`,
  [EPERM]: `mounting ${type} needs CAP_SYS_ADMIN in the user namespace that owns what it shows`,
  [EINVAL]: `${type} does not take these options: ${data || "none"}`,
});

/** A mount, in no tree yet, of what is at `path` of the host; with `recursive`, also of what is mounted below. */
export function cloneOf(stage: Stage, path: string, recursive: boolean, options: CallOptions = {}): Promise<Result> {
  return stage.open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0), options);
}

/** Likewise of what the descriptor is open on, with what is mounted below. */
export function cloneOfDescriptor(stage: Stage, fd: Result): Promise<Result> {
  return stage.open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
}

/**
 * Puts such a mount in place and closes its descriptor. A symbolic link of that name is not
 * followed: it is mounted over.
 */
export async function put(stage: Stage, mount: Result, spot: Spot, tolerate: readonly number[] = []): Promise<Result> {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | (spot.name === "" ? MOVE_MOUNT_T_EMPTY_PATH : 0);
  const cause = { [EINVAL]: "of what is mounted and the place where, one is a folder and the other is not" };
  const put = await stage.move_mount(mount, "", spot.folder, spot.name, flags, { cause, tolerate });
  await stage.close(mount);
  return put;
}

export async function leave(stage: Stage, spot: Spot): Promise<void> {
  if (!spot.shared) await stage.close(spot.folder);
}

/**
 * Sets attributes of a mount and of those below it. mount(2) cannot do that when it makes a bind mount: it ignores
 * MS_RDONLY then without a word, which is why a read-only volume always takes two calls.
 */
export async function setAttributes(stage: Stage, mount: Result, bits: number): Promise<void> {
  if (bits === 0) return;
  const values = { attr_set: bits, ...((bits & MOUNT_ATTR__ATIME) === 0 ? {} : { attr_clr: MOUNT_ATTR__ATIME }) };
  await stage.mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, values, mountAttr.size, { cause: tooOld });
}

export async function setPropagation(stage: Stage, mount: Result, type: number, recursive: boolean): Promise<void> {
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  await stage.mount_setattr(mount, "", flags, { propagation: type }, mountAttr.size, { cause: tooOld });
}

const tooOld = { [ENOSYS]: "mount_setattr(2) came with Linux 5.12, and this kernel is older: update it" };
