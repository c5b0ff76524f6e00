// The mounts of the configuration, in its order. Each type is a row: what is it called as a step, where may it be mounted,
// and what stands for it where the kernel does not permit it.

import { ENOENT } from "../../abi/errno.ts";
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from "../../abi/mount.ts";
import { type Mount, type NamespaceType, namespaceOf } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { mountCgroups } from "./cgroup-view.ts";
import { furnishDev } from "./dev.ts";
import { cloneOf, newFilesystem, setAttributes } from "./filesystem.ts";
import { parseOptions } from "./options.ts";
import { components, fstatfs, judgeNotProc, type Links, openFolder, put, type Tree } from "./tree.ts";
import { mountVolume, type OpenVolume } from "./volumes.ts";

interface Row {
  readonly step: string;
  /** The namespace whose contents it shows: in a user namespace, the kernel wants it to be the container's own. */
  readonly shows?: NamespaceType;
  /** Where it is not permitted: the host's is mounted instead, or nothing. */
  readonly otherwise?: "host's" | "nothing";
}

const rows: Readonly<Record<string, Row>> = {
  proc: { step: "mount /proc", shows: "pid", otherwise: "host's" },
  sysfs: { step: "mount /sys", shows: "network", otherwise: "host's" },
  devpts: { step: "mount /dev/pts" },
  mqueue: { step: "mount /dev/mqueue", shows: "ipc", otherwise: "nothing" },
  cgroup: { step: "mount the view of its cgroup" },
  tmpfs: { step: "mount a file system in memory" },
};

const isDev = ({ destination }: Mount): boolean => `/${components(destination).join("/")}` === "/dev";

export function stepOf(mount: Mount): string {
  if (parseOptions(mount).bind) return `volume ${mount.destination}`;
  if (isDev(mount)) return "mount /dev";
  const type = mount.type === "cgroup2" ? "cgroup" : (mount.type ?? "");
  const row = rows[type];
  if (row === undefined || type === "tmpfs") return `mount ${mount.destination}`;
  return row.step;
}

/** Where the protections rely on a place, or the container's own file systems are, no link of the image is followed. */
function linksFor({ type, destination }: Mount): Links {
  const [first] = components(destination);
  return type === "tmpfs" && first !== "dev" && first !== "sys" && first !== "proc" ? "followed" : "refused";
}

export async function mountAll(tree: Tree, volumes: ReadonlyMap<Mount, OpenVolume>): Promise<void> {
  for (const mount of tree.ctx.spec.mounts) {
    tree.ctx.step(stepOf(mount));
    const volume = volumes.get(mount);
    if (volume !== undefined) await mountVolume(tree, volume);
    else if (mount.type === "cgroup" || mount.type === "cgroup2") await mountCgroups(tree, mount);
    else await mountFilesystem(tree, mount);
  }
}

async function mountFilesystem(tree: Tree, mount: Mount): Promise<void> {
  const { destination, type = "" } = mount;
  const links = linksFor(mount);
  const made = await makeMount(tree, mount);
  if (made === undefined) return;
  const target = await openFolder(tree, destination, links);
  if (links === "followed") judgeNotProc(tree, destination, await fstatfs(tree, target));
  await put(tree, made, target, destination);
  if (type === "tmpfs" && isDev(mount)) await furnishDev(tree, made);
  if (type === "proc" || isDev(mount)) tree.mounted.set(`/${components(destination).join("/")}`, made);
  else await tree.stage.close(made);
}

async function makeMount(tree: Tree, mount: Mount): Promise<Result | undefined> {
  const { ctx, stage, mapped } = tree;
  const { destination, type = "", source = type } = mount;
  const { shows, otherwise } = rows[type] ?? {};
  const { attributes, data } = parseOptions(mount);
  const own = shows === undefined || namespaceOf(ctx.spec, shows) !== undefined;
  const mayFail = mapped && otherwise !== undefined;
  if (own || !mayFail) {
    const made = await newFilesystem(stage, { type, source, data, attributes }, mayFail);
    if (!mayFail || stage.value(made) >= 0) return made;
  }
  if (otherwise === "nothing") {
    ctx.notice(
      `${destination} is not mounted: in a user namespace ${type} needs the container's own ${shows} namespace`,
    );
    return undefined;
  }
  ctx.notice(
    `${destination} is the host's${type === "sysfs" ? ", read-only" : ""}: here the kernel does not permit the container one of its own`,
  );
  const tree2 = await cloneOf(stage, destination, true, { cause: { [ENOENT]: `the host has no ${destination}` } });
  const more = type === "sysfs" ? MOUNT_ATTR_RDONLY : 0;
  await setAttributes(stage, tree2, attributes | more | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
  return tree2;
}
