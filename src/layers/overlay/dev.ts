// What is in /dev: the nodes that every program expects, the ones of --device, and the links
// that are no devices at all.

import { EEXIST, ENOENT, EPERM } from "../../abi/errno.ts";
import { AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_RDONLY } from "../../abi/mount.ts";
import { makedev, S_IFBLK, S_IFCHR, S_IFIFO, S_IFREG } from "../../abi/stat.ts";
import { defaultDevices } from "../../core/default-mounts.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Device, Spec } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { demandDevice } from "./demands.ts";
import { cloneOf, put, setAttributes } from "./mount.ts";
import { components, makeFile, openFolder, type Tree } from "./tree.ts";

/** Name in /dev → where it points. They lead through /proc/self to whatever the process that looks has open. */
const links: Readonly<Record<string, string>> = {
  fd: "/proc/self/fd",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
  stderr: "/proc/self/fd/2",
  core: "/proc/kcore",
  // opening it makes a new terminal, in the devpts instance that it belongs to
  ptmx: "pts/ptmx",
};

const types = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;

/** Those of the configuration, and Docker's default ones where it does not mention them. */
function devicesOf({ linux }: Spec): readonly Device[] {
  const rows = [...defaultDevices, ...(linux.devices ?? [])].map((it) => [it.path, it] as const);
  return [...new Map(rows).values()];
}

/** Fills `dev`, the folder that /dev is. */
export async function furnishDev(tree: Tree, dev: Result): Promise<void> {
  const { ctx, stage } = tree;
  ctx.step("make the device nodes");
  // the modes are meant as they are written
  await stage.umask(0);
  for (const device of devicesOf(ctx.spec)) await makeDevice(tree, dev, device);
  await stage.umask(0o022);
  ctx.step("link stdin, stdout, stderr and ptmx");
  for (const [name, to] of Object.entries(links)) await stage.symlinkat(to, dev, name, { tolerate: [EEXIST] });
  // what the container's terminal will be mounted on
  if (ctx.spec.process.terminal) await stage.mknodat(dev, "console", S_IFREG | 0o600, 0, { tolerate: [EEXIST] });
}

async function makeDevice(tree: Tree, dev: Result, device: Device): Promise<void> {
  const { stage } = tree;
  const parts = components(device.path);
  const name = parts.pop();
  if (name === undefined) throw new Refusal(`overlay: linux.devices: ${JSON.stringify(device.path)} names no device`);
  const inDev = parts.length === 1 && parts[0] === "dev";
  const folder = inDev ? dev : await openFolder(tree, parts.join("/"), "refused");
  if (tree.mapped && device.type !== "p") await bindNode(tree, folder, name, device);
  // in a /dev that is the image's own, what is there stays: nothing relies on it
  else await makeNode(tree, folder, name, device, inDev ? [EEXIST] : []);
  if (!inDev) await stage.close(folder);
}

async function makeNode(
  { stage }: Tree,
  folder: Result,
  name: string,
  device: Device,
  tolerate: number[],
): Promise<void> {
  const { type, fileMode = 0o666, uid = 0, gid = 0, major = 0, minor = 0 } = device;
  const cause = {
    [EPERM]: "making device nodes needs CAP_MKNOD outside of any user namespace",
    [EEXIST]: `the image has a file at ${device.path} already: give --device another path in the container`,
  };
  await stage.mknodat(folder, name, types[type] | (fileMode & 0o7777), makedev(major, minor), { cause, tolerate });
  if (uid !== 0 || gid !== 0) await stage.fchownat(folder, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

/**
 * Nobody but the machine's root may make device nodes, for a node is a way to the hardware around every permission. But
 * a node that is there may be mounted elsewhere, with the permissions that it has.
 */
async function bindNode(tree: Tree, folder: Result, name: string, device: Device): Promise<void> {
  const { stage } = tree;
  const cause = {
    [ENOENT]: `there is no ${device.path} on the host: in a user namespace a device has to have the same path inside as outside`,
  };
  const node = await cloneOf(stage, device.path, false, { cause });
  await demandDevice(tree, node, device);
  // root in here may be the node's owner out there; what a read-only mount refuses is to change the
  // node, not to use the device
  await setAttributes(stage, node, MOUNT_ATTR_RDONLY);
  await makeFile(tree, folder, name, device.path);
  await put(stage, node, { folder, name });
}
