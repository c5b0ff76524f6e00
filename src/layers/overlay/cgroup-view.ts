// /sys/fs/cgroup: the container's own cgroup and nothing above it. It is bound from where the cgroups layer has made
// it, which works alike for v2, for v1's tree for each controller, and without a cgroup namespace; a new cgroup file
// system would show the host's whole tree in that case.

import { UNIFIED } from "../../abi/cgroup.ts";
import { O_DIRECTORY } from "../../abi/fcntl.ts";
import { MS_RDONLY } from "../../abi/mount.ts";
import { type CgroupPlace, MADE } from "../../core/cgroup-folders.ts";
import type { Mount } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { cloneOf, leave, mountFilesystem, put, setAttributes } from "./mount.ts";
import { parseOptions } from "./options.ts";
import { folderSpot, open, type Tree } from "./tree.ts";

export async function mountCgroups(tree: Tree, mount: Mount): Promise<void> {
  const { stage, ctx } = tree;
  const { attributes, flags } = parseOptions(mount);
  const place = MADE.find(ctx);
  const unified = place?.folders.get(UNIFIED);
  const spot = await folderSpot(tree, mount.destination, "refused");
  if (ctx.facts.cgroup.version === "v2" && unified !== undefined) {
    const view = await cloneOf(stage, unified, false);
    await setAttributes(stage, view, attributes);
    await put(stage, view, spot);
  } else {
    // v1 has a folder for each tree, and something has to hold them; without a cgroup of its own it stays empty
    await mountFilesystem(stage, spot, {
      type: "tmpfs",
      source: "cgroup",
      flags: flags & ~MS_RDONLY,
      data: "mode=755",
    });
    const holder = await open(tree, mount.destination, "refused", O_DIRECTORY);
    if (place !== undefined) await mountTrees(tree, holder, place);
    await setAttributes(stage, holder, attributes);
    await stage.close(holder);
  }
  await leave(stage, spot);
}

/**
 * Only the trees that the container is in. Where controllers share one, each is a link to it, as cpu to cpu,cpuacct.
 */
async function mountTrees({ stage, ctx }: Tree, holder: Result, place: CgroupPlace): Promise<void> {
  const parents = Object.entries(ctx.facts.cgroup.parents);
  for (const it of place.trees) {
    const names = parents.filter(([, parent]) => parent === it).map(([controller]) => controller);
    const name = names.join(",");
    await stage.mkdirat(holder, name, 0o755);
    await put(stage, await cloneOf(stage, place.folderIn(it), false), { folder: holder, name });
    if (names.length > 1) for (const link of names) await stage.symlinkat(name, holder, link);
  }
}
