// /sys/fs/cgroup: the container's own cgroup and nothing above it. It is bound from where the cgroups layer has made it, which works
// alike for v2, for v1's tree for each controller, and without a cgroup namespace; a new cgroup file system would show
// the host's whole tree in that case.

import { UNIFIED } from "../../abi/cgroup.ts";
import { ENOENT } from "../../abi/errno.ts";
import { AT_EMPTY_PATH } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_RDONLY, mountAttr } from "../../abi/mount.ts";
import { Place } from "../../core/cgroup-folders.ts";
import { enabled, type Mount } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { cloneOf, newFilesystem, setAttributes } from "./filesystem.ts";
import { parseOptions } from "./options.ts";
import { attach, openFolder, put, type Tree } from "./tree.ts";

export async function mountCgroups(tree: Tree, mount: Mount): Promise<void> {
  const { ctx, stage } = tree;
  const { attributes } = parseOptions(mount);
  const { cgroup: facts } = ctx.facts;
  const { cgroupsPath } = ctx.spec.linux;
  const known = cgroupsPath !== undefined && enabled(ctx.spec, "cgroups") && facts.version !== "none";
  const folders = known ? Place.of(facts, cgroupsPath).folders : new Map<string, string>();
  const unified = folders.get(UNIFIED);
  const target = await openFolder(tree, mount.destination, "refused");
  if (facts.version === "v2" && unified !== undefined) {
    const view = await cloneOf(stage, unified, false);
    await setAttributes(stage, view, attributes);
    await attach(tree, view, target, mount.destination);
    return;
  }
  // v1 has a folder for each tree, and something has to hold them; without a cgroup of its own it stays empty
  const data = [["mode", "755"]] as const;
  const holder = await newFilesystem(stage, {
    type: "tmpfs",
    source: "cgroup",
    data,
    attributes: attributes & ~MOUNT_ATTR_RDONLY,
  });
  await put(tree, holder, target, mount.destination);
  await mountTrees(tree, mount, holder, folders);
  await stage.mount_setattr(holder, "", AT_EMPTY_PATH, { attr_set: attributes & MOUNT_ATTR_RDONLY }, mountAttr.size);
  await stage.close(holder);
}

/** Only the trees that the container is in; a controller that shares one is a link to it, as cpu to cpu,cpuacct. */
async function mountTrees(
  tree: Tree,
  mount: Mount,
  holder: Result,
  folders: ReadonlyMap<string, string>,
): Promise<void> {
  const { stage } = tree;
  const { attributes } = parseOptions(mount);
  const views: { names: string[]; view: Result }[] = [];
  for (const folder of new Set(folders.values())) {
    const names = [...folders].filter(([, it]) => it === folder).map(([name]) => name);
    views.push({ names, view: await cloneOf(stage, folder, false, { tolerate: [ENOENT] }) });
  }
  for (const { names, view } of views) {
    if (stage.value(view) < 0) continue;
    const name = names.join(",");
    await stage.mkdirat(holder, name, 0o755);
    await setAttributes(stage, view, attributes);
    await attach(tree, view, await openFolder(tree, `${mount.destination}/${name}`, "refused"), mount.destination);
    if (names.length > 1) for (const it of names) await stage.symlinkat(name, holder, it);
  }
}
