// The mounts of the configuration, in its order. Each type is a row: what is it called as a step, where may it be
// mounted, and what stands for it where the kernel does not permit it.

import { ENOENT, EPERM } from "../../abi/errno.ts";
import { O_DIRECTORY } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from "../../abi/mount.ts";
import { type Mount, type NamespaceType, namespaceOf } from "../../core/spec.ts";
import { mountCgroups } from "./cgroup-view.ts";
import { forbidProc } from "./demands.ts";
import { furnishDev } from "./dev.ts";
import { cloneOf, leave, mountFilesystem, put, type Spot, setAttributes } from "./mount.ts";
import { parseOptions } from "./options.ts";
import { cleaned, folderSpot, type Links, open, type Tree } from "./tree.ts";
import { mountVolume, type OpenVolume } from "./volumes.ts";

interface Row {
  readonly step: string;
  /** The namespace whose contents it shows: in a user namespace, the kernel wants it to be the container's own. */
  readonly shows: NamespaceType;
  /** Where it is not permitted: the host's is mounted instead, or nothing. */
  readonly otherwise: "the host's" | "nothing";
}

const rows: ReadonlyMap<string, Row> = new Map([
  ["proc", { step: "mount /proc", shows: "pid", otherwise: "the host's" }],
  ["sysfs", { step: "mount /sys", shows: "network", otherwise: "the host's" }],
  ["mqueue", { step: "mount /dev/mqueue", shows: "ipc", otherwise: "nothing" }],
]);

const isCgroup = ({ type }: Mount): boolean => type === "cgroup" || type === "cgroup2";

export function stepOf(mount: Mount): string {
  if (parseOptions(mount).bind) return `volume ${mount.destination}`;
  if (isCgroup(mount)) return "mount the view of its cgroup";
  return rows.get(mount.type ?? "")?.step ?? `mount ${cleaned(mount.destination)}`;
}

/** Where the protections rely on a place, or the container's own file systems are, no link of the image is followed. */
function linksFor({ type, destination }: Mount): Links {
  return type === "tmpfs" && !/^\/(dev|sys|proc)(\/|$)/.test(cleaned(destination)) ? "followed" : "refused";
}

export async function mountAll(tree: Tree, volumes: ReadonlyMap<Mount, OpenVolume>): Promise<void> {
  for (const mount of tree.ctx.spec.mounts) {
    tree.ctx.step(stepOf(mount));
    const volume = volumes.get(mount);
    if (volume !== undefined) await mountVolume(tree, volume);
    else if (isCgroup(mount)) await mountCgroups(tree, mount);
    else await mountOne(tree, mount);
  }
}

async function mountOne(tree: Tree, mount: Mount): Promise<void> {
  const { stage } = tree;
  const { destination, type = "", source = type } = mount;
  const links = linksFor(mount);
  const { flags, data } = parseOptions(mount);
  const spot = await folderSpot(tree, destination, links);
  if (links === "followed") await forbidProc(tree, destination, spot.folder);
  const row = tree.mapped ? rows.get(type) : undefined;
  if (row === undefined) await mountFilesystem(stage, spot, { type, source, flags, data });
  else await mountIfPermitted(tree, mount, spot, row);
  await leave(stage, spot);
  await remember(tree, mount);
}

/** Later steps get these by descriptor, opened now: what is mounted over them afterwards does not matter. */
async function remember(tree: Tree, { destination, type }: Mount): Promise<void> {
  const place = cleaned(destination);
  if (!(place === "/dev" && type === "tmpfs") && !(place === "/proc" && type === "proc")) return;
  const folder = await open(tree, place, "refused", O_DIRECTORY);
  tree.mounted.set(place, folder);
  if (place === "/dev") await furnishDev(tree, folder);
}

/**
 * In a user namespace: the host may have the file system covered in part, as inside another container,
 * and then it must stay so.
 */
async function mountIfPermitted(tree: Tree, mount: Mount, spot: Spot, { shows, otherwise }: Row): Promise<void> {
  const { ctx, stage } = tree;
  const { destination, type = "", source = type } = mount;
  const { flags, attributes, data } = parseOptions(mount);
  if (namespaceOf(ctx.spec, shows) !== undefined) {
    const mounted = await mountFilesystem(stage, spot, { type, source, flags, data }, { tolerate: [EPERM] });
    if (stage.value(mounted) === 0) return;
  }
  if (otherwise === "nothing") {
    ctx.notice(`${destination} stays empty: here the kernel does not permit the container a ${type} of its own`);
    return;
  }
  ctx.notice(`${destination} is the host's: here the kernel does not permit the container one of its own`);
  const view = await cloneOf(stage, destination, true, { cause: { [ENOENT]: `the host has no ${destination}` } });
  const safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV | (type === "sysfs" ? MOUNT_ATTR_RDONLY : 0);
  await setAttributes(stage, view, attributes | safe);
  await put(stage, view, spot);
}
