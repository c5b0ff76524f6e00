// What of /proc and /sys stays out of bounds. Both show the whole machine, not the container; the kernel leaves it to the runtime to
// cover what could be misused: Docker's lists are in src/core/default-mounts.ts.

import { EACCES, ENOENT, ENOTDIR } from "../../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_NOFOLLOW, O_PATH, openHow } from "../../abi/fcntl.ts";
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  mountAttr,
} from "../../abi/mount.ts";
import { S_IFDIR, S_IFMT, S_IFREG, statx } from "../../abi/stat.ts";
import { defaultDevices } from "../../core/default-mounts.ts";
import type { Device } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { judgeDevice } from "./dev.ts";
import { cloneOfDescriptor, newFilesystem } from "./filesystem.ts";
import { attach, judge, kindOf, open, put, type Tree, viewOf } from "./tree.ts";

/** Not every kernel has every one of them. */
const absent = { tolerate: [ENOENT, ENOTDIR, EACCES] };

/** Mounts each path on itself, read-only. */
export async function makeReadonly(tree: Tree): Promise<void> {
  const { ctx, stage } = tree;
  const paths = ctx.spec.linux.readonlyPaths ?? [];
  if (paths.length > 0) ctx.step("make kernel settings read-only");
  for (const path of paths) {
    const target = await open(tree, path, "followed", 0, absent);
    const view = await cloneOfDescriptor(stage, target, true);
    const flags = AT_EMPTY_PATH | AT_RECURSIVE;
    await stage.mount_setattr(view, "", flags, { attr_set: MOUNT_ATTR_RDONLY }, mountAttr.size);
    await attach(tree, view, target, path);
  }
}

interface Covered {
  readonly path: string;
  readonly target: Result;
  readonly kind: Result;
}

/**
 * Covers files with /dev/null and folders with an empty file system. Which of the two, the descriptor tells, not a second look at the
 * path; that /dev/null is the null device as well (CVE-2025-31133). All other answers that were put off are judged here, too.
 */
export async function cover(tree: Tree): Promise<void> {
  const { ctx, stage } = tree;
  const paths = ctx.spec.linux.maskedPaths ?? [];
  ctx.step("look at what is to be masked");
  const found: Covered[] = [];
  for (const path of paths) {
    const target = await open(tree, path, "followed", 0, absent);
    found.push({ path, target, kind: await kindOf(tree, target, assumed(path)) });
  }
  const nothing = await openNull(tree);
  judge(tree);
  const present = found.filter(({ kind }) => stage.value(kind) >= 0);
  const isFolder = ({ kind }: Covered): boolean =>
    (statx.decode(viewOf(stage.bytes(kind))).stx_mode & S_IFMT) === S_IFDIR;
  if (present.length > 0) ctx.step("mask files and folders");
  await coverFolders(tree, present.filter(isFolder));
  for (const { path, target } of present.filter((it) => !isFolder(it))) {
    await attach(tree, await cloneOfDescriptor(stage, nothing), target, path);
  }
  await stage.close(nothing);
}

/** For a plan: what most kernels have. */
const assumed = (path: string): Uint8Array =>
  statx.encode({ stx_mode: /^\/sys|acpi|asound|scsi/.test(path) ? S_IFDIR : S_IFREG });

/** The container's own null device, or the host's where /dev is not the container's. */
async function openNull(tree: Tree): Promise<Result> {
  const { stage, mounted } = tree;
  const dev = mounted.get("/dev");
  const how = { flags: O_PATH | O_NOFOLLOW | O_CLOEXEC };
  const fd =
    dev === undefined
      ? await stage.openat(AT_FDCWD, "/dev/null", how.flags, 0)
      : await stage.openat2(dev, "null", how, openHow.size);
  judgeDevice(tree, await kindOf(tree, fd), defaultDevices.find((it) => it.path === "/dev/null") as Device);
  return fd;
}

/** One empty file system in as many places as needed. */
async function coverFolders(tree: Tree, folders: readonly Covered[]): Promise<void> {
  const [first, ...others] = folders;
  if (first === undefined) return;
  const attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  const empty = await newFilesystem(tree.stage, { type: "tmpfs", source: "tmpfs", data: [], attributes });
  await put(tree, empty, first.target, first.path);
  for (const { path, target } of others) await attach(tree, await cloneOfDescriptor(tree.stage, empty), target, path);
  await tree.stage.close(empty);
}
