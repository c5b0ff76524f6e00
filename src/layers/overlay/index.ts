// Layer 3, overlay: which files the process finds.
//
// Before:  the host's file tree. A new mount namespace is a copy of the old one: the same mounts, changeable apart.
// After:   a tree of its own. The image's layers lie below, read-only and shared by all containers; on top is a
//          layer of the container's own, into which every change goes. /proc, /sys and /dev are its own, and
//          what of them shows or configures the machine is covered. The host's tree is not hidden but gone.
// Not isolated by this: the kernel behind /proc and /sys, which is one for all; the disk and its free space; whatever
//          -v shows. And who may mount can uncover everything again: that is the capabilities layer's part.
//
// mount_namespaces(7), Documentation/filesystems/overlayfs.rst, pivot_root(2), openat2(2), mount_setattr(2)
//
// The files, in the order of the work: files.ts (on the host), root.ts (layers, pivot_root), mounts.ts with mount.ts
// (/proc, /sys, …), dev.ts, cgroup-view.ts, volumes.ts, sysctl.ts, masks.ts. All find their places through tree.ts.

import { MOUNT_ATTR_RDONLY } from "../../abi/mount.ts";
import type { Context, Layer } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { removeTree } from "../../core/remove-tree.ts";
import { namespaceOf, type Spec } from "../../core/spec.ts";
import { furnishDev } from "./dev.ts";
import { explain } from "./explain.ts";
import { makeScratch, mountEtcFiles, report, untouched, writeEtcFiles } from "./files.ts";
import { cover, makeReadonly } from "./masks.ts";
import { setAttributes } from "./mount.ts";
import { mountAll } from "./mounts.ts";
import { isConnected, parseOptions } from "./options.ts";
import {
  borrowNamespace,
  disconnect,
  finishRoot,
  mountImageReadonly,
  mountRoot,
  pivot,
  returnAndChroot,
} from "./root.ts";
import { checkSysctls, setSysctls } from "./sysctl.ts";
import { cleaned, openFolder, type Tree } from "./tree.ts";
import { verify } from "./verify.ts";
import { openVolumes } from "./volumes.ts";

export const overlay: Layer = {
  name: "overlay",
  summary: "a file tree of its own: the image's layers below, its own on top, and no way to the host's",
  lesson: "overlay",
  otherwise: "the root is the image itself, read-only, without /proc, /sys and /dev",
  parts: {
    masks: "of /proc and /sys nothing is hidden, and /proc/sys and the like can be written where permissions allow it",
  },
  requires: [
    {
      name: "namespaces.mount",
      otherwise:
        "nothing is mounted that the host would see, so there is no /proc, /sys or /dev/pts, and the root is entered by chroot, which CAP_SYS_CHROOT leaves again",
      fundamental: true,
    },
    {
      name: "namespaces.pid",
      otherwise: "/proc shows the host's processes, since it shows the pid namespace of whoever mounts it",
    },
    {
      name: "namespaces.network",
      otherwise: "/sys shows the host's network devices; in a user namespace it is the host's /sys, read-only",
    },
    {
      name: "namespaces.ipc",
      otherwise: "/dev/mqueue shows the host's message queues; in a user namespace it is missing",
    },
    {
      name: "cgroups",
      otherwise: "/sys/fs/cgroup is empty, since there is no cgroup of the container's own to show",
    },
  ],
  apply,
  without,
  explain,
  verify,
  async undo(host, { kind, path }, facts) {
    if ((kind === "scratch" || kind === "etc") && typeof path === "string")
      await removeTree(host, path, facts, untouched[kind]);
  },
};

async function apply(ctx: Context): Promise<void> {
  const { spec } = ctx;
  // a mount namespace that is joined has its tree already
  if (namespaceOf(spec, "mount")?.path !== undefined) return;
  checkSysctls(spec);
  const marks = await makeScratch(ctx);
  if (namespaceOf(spec, "mount") === undefined) return enterByChroot(ctx, mountRoot);
  await writeEtcFiles(ctx);
  const binds = spec.mounts.filter((it) => parseOptions(it).bind);
  // these stay connected with the host, so they are opened before that connection is cut; opening mounts nothing
  const connected = await openVolumes(ctx, binds.filter(isConnected), "open volumes that stay connected");
  await disconnect(ctx);
  const others = await openVolumes(
    ctx,
    binds.filter((it) => !isConnected(it)),
    "open volumes",
  );
  const tree = await mountRoot(ctx);
  await mountAll(tree, new Map([...connected, ...others]));
  await furnishImageDev(tree, spec);
  const files = await mountEtcFiles(tree);
  await makeWorkingFolder(tree, spec);
  await setSysctls(tree);
  await makeReadonly(tree);
  await cover(tree);
  report(ctx, marks, files);
  await pivot(tree);
  await finishRoot(tree);
}

/** The layer is off: the image as it is and read-only, and nothing beside it. */
async function without(ctx: Context): Promise<void> {
  checkSysctls(ctx.spec);
  if (namespaceOf(ctx.spec, "mount") === undefined) return enterByChroot(ctx, mountImageReadonly);
  await disconnect(ctx);
  const tree = await mountImageReadonly(ctx);
  await setSysctls(tree);
  await pivot(tree);
  await finishRoot(tree);
}

/** Without a mount namespace. The root is a mount all the same, but one that is in nobody's table. */
async function enterByChroot(ctx: Context, mount: (ctx: Context) => Promise<Tree>): Promise<void> {
  if (namespaceOf(ctx.spec, "user") !== undefined)
    throw new Refusal(
      "overlay: in a user namespace a root can be mounted only in a mount namespace of its own: take the part namespaces.mount back in, or run as root without --rootless",
    );
  const own = await borrowNamespace(ctx);
  await disconnect(ctx);
  const tree = await mount(ctx);
  // in the container's own layer, nodes are files like others; they go with it
  if (mount === mountRoot) await furnishImageDev(tree, { ...ctx.spec, mounts: [] });
  await setSysctls(tree);
  if (ctx.spec.root.readonly) {
    ctx.step("make the root read-only");
    await setAttributes(tree.stage, tree.root, MOUNT_ATTR_RDONLY);
  }
  await returnAndChroot(tree, own);
}

/** A bundle may come without a mount for /dev; then the nodes are made in the folder that it has. */
async function furnishImageDev(tree: Tree, { mounts }: Spec): Promise<void> {
  if (mounts.some((it) => cleaned(it.destination) === "/dev")) return;
  const dev = await openFolder(tree, "/dev", "refused");
  await furnishDev(tree, dev);
  await tree.stage.close(dev);
}

/** Docker makes the working directory where the image has none. */
async function makeWorkingFolder(tree: Tree, { process: { cwd } }: Spec): Promise<void> {
  if (cleaned(cwd) === "/") return;
  tree.ctx.step("make the working directory");
  await tree.stage.close(await openFolder(tree, cwd, "followed"));
}
