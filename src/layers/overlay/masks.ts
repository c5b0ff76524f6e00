// What of /proc and /sys stays out of bounds. Both show the whole machine, not the container; the kernel leaves it to
// the runtime to cover what could be misused: Docker's lists are in src/core/default-mounts.ts.

import { EACCES, ENOENT, ENOTDIR } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, openHow } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_RDONLY, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from "../../abi/mount.ts";
import { defaultDevices } from "../../core/default-mounts.ts";
import type { Device } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { demandDevice, enforceDemands } from "./demands.ts";
import { cloneOfDescriptor, mountFilesystem, put, setAttributes } from "./mount.ts";
import { open, type Tree } from "./tree.ts";

/** Mounts each path on itself, read-only. Not every kernel has every one of them. */
export async function makeReadonly(tree: Tree): Promise<void> {
  const { ctx, stage } = tree;
  const paths = ctx.spec.linux.readonlyPaths ?? [];
  if (paths.length > 0) ctx.step("make kernel settings read-only");
  for (const path of paths) {
    const folder = await open(tree, path, "followed", 0, { tolerate: [ENOENT, ENOTDIR, EACCES] });
    const view = await cloneOfDescriptor(stage, folder);
    await setAttributes(stage, view, MOUNT_ATTR_RDONLY);
    await put(stage, view, { folder, name: "" });
    await stage.close(folder);
  }
}

/**
 * Covers files with /dev/null and folders with an empty file system. All answers that were put off are looked at
 * here, too, among them that /dev/null is the null device (CVE-2025-31133): this is the last round trip before
 * the container is entered.
 */
export async function cover(tree: Tree): Promise<void> {
  const { ctx, stage } = tree;
  const paths = ctx.spec.linux.maskedPaths ?? [];
  ctx.step("look at what is to be masked");
  const found: { path: string; folder: Result }[] = [];
  for (const path of paths) {
    const tolerate = [ENOENT, ENOTDIR, EACCES];
    found.push({ path, folder: await open(tree, path, "followed", O_DIRECTORY, { tolerate, assume: assumed(path) }) });
  }
  const nothing = await openNull(tree);
  enforceDemands(tree);
  const folders = found.filter(({ folder }) => folder.ok);
  const files = found.filter(({ folder }) => folder.value === -ENOTDIR);
  if (folders.length + files.length > 0) ctx.step("mask files and folders");
  const flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  for (const { folder } of folders) {
    await mountFilesystem(stage, { folder, name: "" }, { type: "tmpfs", source: "tmpfs", flags, data: "" });
    await stage.close(folder);
  }
  for (const { path } of files) {
    // should it be a folder by now, the kernel refuses to mount a file there
    const folder = await open(tree, path, "followed", 0, { tolerate: [ENOENT, ENOTDIR] });
    await put(stage, await cloneOfDescriptor(stage, nothing), { folder, name: "" });
    await stage.close(folder);
  }
  await stage.close(nothing);
}

/** For a plan: what most kernels have. */
const assumed = (path: string): number => (/^\/sys|acpi|asound|scsi/.test(path) ? 9 : -ENOTDIR);

/** The container's own null device, or the host's where /dev is not the container's. */
async function openNull(tree: Tree): Promise<Result> {
  const { stage, mounted } = tree;
  const dev = mounted.get("/dev");
  const flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  const fd =
    dev === undefined
      ? await stage.openat(AT_FDCWD, "/dev/null", flags, 0)
      : await stage.openat2(dev, "null", { flags }, openHow.size);
  await demandDevice(tree, fd, defaultDevices.find((it) => it.path === "/dev/null") as Device);
  return fd;
}
