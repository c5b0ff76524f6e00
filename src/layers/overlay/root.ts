// The root itself: how the image's layers become one file tree, and how the process gets into it.

import { EACCES, EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY } from "../../abi/fcntl.ts";
import {
  MNT_DETACH,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS_PRIVATE,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
  mountAttr,
} from "../../abi/mount.ts";
import { CLONE_NEWNS } from "../../abi/sched.ts";
import type { Context } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { extension, namespaceOf, type Overlay } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { cloneOf, setAttributes } from "./mount.ts";
import type { Tree } from "./tree.ts";

/** mount(2) copies one page of options, and takes the last byte for the end. */
const OPTIONS_MAX = 4095;

/**
 * First of all. In a new mount namespace, mounts still spread to the one it was copied from
 * wherever that one is shared.
 */
export async function disconnect(ctx: Context): Promise<void> {
  const { rootfsPropagation: wanted } = ctx.spec.linux;
  ctx.step("make all mounts private");
  const flag = wanted === "slave" || wanted === "shared" ? MS_SLAVE : MS_PRIVATE;
  await ctx.stage.mount(null, "/", null, MS_REC | flag, null, {
    cause: { [EINVAL]: "this process's root is no mount point, as after chroot: run minidocker outside of it" },
  });
  // modes of what is made below do not depend on who calls
  await ctx.stage.umask(0o022);
}

/** The image's layers and the container's own, as one tree; or the folder of an OCI bundle as it is. */
export async function mountRoot(ctx: Context): Promise<Tree> {
  const { spec, stage } = ctx;
  const layers = extension(spec, "overlay");
  if (layers === undefined) return treeOf(ctx, await bindRoot(ctx, spec.root.path, 0));
  ctx.step("lay the layers over each other");
  const { scratch } = layers;
  const { options, held } = await overlayOptions(ctx, layers);
  await stage.mount("overlay", `${scratch}/merged`, "overlay", 0, options, { cause: overlayRefused(scratch) });
  for (const fd of held) await stage.close(fd);
  return treeOf(ctx, await openRoot(stage, `${scratch}/merged`));
}

/** With the layer off: the image as it is, and so that nothing can change it. */
export async function mountImageReadonly(ctx: Context): Promise<Tree> {
  const { spec, stage } = ctx;
  const { lower } = extension(spec, "overlay") ?? { lower: [spec.root.path] };
  const [top = spec.root.path, ...others] = lower;
  if (others.length === 0) return treeOf(ctx, await bindRoot(ctx, top, MOUNT_ATTR_RDONLY));
  // a bind mount shows one folder; without a layer of its own, an overlay cannot be written to either
  ctx.step("lay the layers over each other");
  const options = `lowerdir=${lower.map(escapePath).join(":")}`;
  await stage.mount("overlay", top, "overlay", 0, checkLength(options, lower), { cause: overlayRefused(top) });
  return treeOf(ctx, await openRoot(stage, top));
}

function treeOf(ctx: Context, root: Result): Tree {
  const mapped = namespaceOf(ctx.spec, "user") !== undefined;
  return { ctx, stage: ctx.stage, root, mapped, mounted: new Map(), demands: [] };
}

/** pivot_root(2) wants a mount, so the folder is mounted on itself; the descriptor of the mount is its root. */
async function bindRoot(ctx: Context, path: string, attributes: number): Promise<Result> {
  ctx.step("bind the root file system");
  const { stage } = ctx;
  const cause = { [ENOENT]: `there is no folder ${path}`, [EACCES]: `${path} is out of reach for this user` };
  const tree = await cloneOf(stage, path, true, { cause });
  await setAttributes(stage, tree, attributes);
  await stage.move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH, {
    cause: { [EINVAL]: `${path} is no folder` },
  });
  return tree;
}

function openRoot(stage: Stage, path: string): Promise<Result> {
  return stage.openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/** What mount(2) takes, and the descriptors that it refers to. */
async function overlayOptions(ctx: Context, { lower, scratch }: Overlay): Promise<{ options: string; held: Result[] }> {
  const own = [`upperdir=${escapePath(`${scratch}/upper`)}`, `workdir=${escapePath(`${scratch}/work`)}`];
  // An image could bring extended attributes that send overlayfs elsewhere for a file; they are not followed, nor
  // are ours made, so the upper folder is a plain layer. In a user namespace the marks have to be user.* attributes,
  // for trusted.* are root's.
  const rules = ["redirect_dir=nofollow", "metacopy=off", "index=off"];
  if (namespaceOf(ctx.spec, "user") !== undefined) rules.push("userxattr");
  const rest = [...own, ...rules].join(",");
  const options = `lowerdir=${lower.map(escapePath).join(":")},${rest}`;
  if (Buffer.byteLength(options) <= OPTIONS_MAX) return { options, held: [] };
  // long paths of many layers fill the page; through descriptors each takes some fifteen bytes, whatever its name
  const held: Result[] = [];
  for (const it of lower) held.push(await openRoot(ctx.stage, it));
  const names = held.map((it) => `/proc/self/fd/${ctx.stage.value(it)}`);
  return { options: checkLength(`lowerdir=${names.join(":")},${rest}`, lower), held };
}

/** `:` separates layers, `,` options, and `\` takes their meaning away, as itself. */
const escapePath = (path: string): string => path.replace(/[\\:,]/g, "\\$&");

function checkLength(options: string, lower: readonly string[]): string {
  if (Buffer.byteLength(options) <= OPTIONS_MAX) return options;
  throw new Refusal(
    `overlay: ${lower.length} layers do not fit into the ${OPTIONS_MAX} bytes that mount(2) takes: use an image with fewer, or a data folder with a shorter path (MINIDOCKER_DATA)`,
  );
}

const overlayRefused = (scratch: string) => ({
  [EPERM]: "overlay in a user namespace needs Linux 5.11 or newer: update, or run as root",
  [ENODEV]: "this kernel has no overlay file system: modprobe overlay",
  [EINVAL]: `the file system of ${scratch} cannot hold a writable layer, as overlayfs and NFS cannot: set MINIDOCKER_DATA to a folder on ext4, xfs, btrfs or tmpfs`,
  [ENOENT]: "a layer of the image is gone: was it removed while the container was made?",
  [EACCES]:
    "a layer of the image is out of reach for this user: every folder above it has to be open to them (chmod o+x)",
  [ENOTDIR]: "a layer is no folder",
  [ELOOP]: "a layer is listed twice, or inside another one",
});

/**
 * Makes the new root the root of the mount namespace, and lets go of the old one. After chroot(2) the host's tree would
 * still be there, below the root, for everyone who has CAP_SYS_CHROOT or a descriptor of a folder outside.
 * pivot_root(2) exchanges the mounts themselves; once the old one is unmounted, nothing leads there any more.
 *
 * Called with "." for both, it puts the old root on top of the new one, in the same place; so no folder of the image is
 * needed to hold it. Since the working directory is the new root, "." then finds the topmost mount there: the old one.
 */
export async function pivot({ ctx, stage, root }: Tree): Promise<void> {
  ctx.step("pivot into the new root");
  await stage.fchdir(root);
  await stage.pivot_root(".", ".", {
    cause: {
      [EINVAL]:
        "the root mount is shared, or is the initial RAM file system, which cannot be left this way: boot with a root on a disk, or inside a container mount one",
      [EBUSY]: "the new root is the old one",
      [EPERM]: "this needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace",
    },
  });
  ctx.step("let go of the host's file tree");
  await stage.umount2(".", MNT_DETACH);
  await stage.chdir("/");
}

/** At the very end: whatever had to be made in the root has been made. */
export async function finishRoot({ ctx, stage, root, mounted }: Tree): Promise<void> {
  const { spec } = ctx;
  if (spec.root.readonly) {
    ctx.step("make the root read-only");
    await stage.mount_setattr(AT_FDCWD, "/", 0, { attr_set: MOUNT_ATTR_RDONLY }, mountAttr.size);
  }
  const type = lasting.get(spec.linux.rootfsPropagation);
  if (type !== undefined) {
    ctx.step("let mounts of the root spread");
    await stage.mount(null, "/", null, type, null);
  }
  ctx.step("close the way back");
  for (const fd of [root, ...mounted.values()]) await stage.close(fd);
}

const lasting: ReadonlyMap<string | undefined, number> = new Map([
  ["shared", MS_SHARED],
  ["unbindable", MS_UNBINDABLE],
]);

/**
 * Without a mount namespace a mount would be the host's. So one is borrowed, just long enough to mount the root in it:
 * the descriptor keeps that mount alive, and no mount table shows it.
 */
export async function borrowNamespace(ctx: Context): Promise<Result> {
  ctx.step("borrow a mount namespace");
  const { stage } = ctx;
  const own = await stage.openat(AT_FDCWD, "/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC, 0);
  await stage.unshare(CLONE_NEWNS);
  return own;
}

export async function returnAndChroot({ ctx, stage, root }: Tree, own: Result): Promise<void> {
  ctx.step("go back to the host's mounts");
  await stage.setns(own, CLONE_NEWNS);
  await stage.close(own);
  ctx.step("enter the root by chroot");
  await stage.fchdir(root);
  await stage.chroot(".");
  await stage.chdir("/");
  await stage.close(root);
}
