// Volumes: folders and files of the host, at a place in the container.

import { EACCES, EINVAL, ENOENT, EPERM } from "../../abi/errno.ts";
import { MS_PRIVATE } from "../../abi/mount.ts";
import { S_IFDIR, S_IFMT, statx } from "../../abi/stat.ts";
import type { Context } from "../../core/layer.ts";
import type { Mount } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { cloneOf, setAttributes, setPropagation } from "./filesystem.ts";
import { type MountOptions, parseOptions } from "./options.ts";
import {
  attach,
  components,
  fstatfs,
  judgeNotProc,
  kindOf,
  type Links,
  openFile,
  openFolder,
  type Tree,
  viewOf,
} from "./tree.ts";

export interface OpenVolume {
  readonly mount: Mount;
  readonly options: MountOptions;
  /** A mount of the source that is nowhere yet. */
  readonly view: Result;
  readonly kind: Result;
}

/** What a plan takes a source for. */
const folder = statx.encode({ stx_mode: S_IFDIR | 0o755 });

/** Opens the sources of volumes, while the host's file tree is still the process's own and nothing of the image is in it. */
export async function openVolumes(
  ctx: Context,
  mounts: readonly Mount[],
  step: string,
): Promise<Map<Mount, OpenVolume>> {
  const opened = new Map<Mount, OpenVolume>();
  if (mounts.length > 0) ctx.step(step);
  for (const mount of mounts) {
    const { destination, source = "" } = mount;
    const options = parseOptions(mount);
    const [unknown] = options.data;
    if (unknown !== undefined)
      throw new Error(`overlay: the volume ${destination} has an option that is none: ${unknown[0]}`);
    const view = await cloneOf(ctx.stage, source, options.recursive, { cause: unreachable(source) });
    opened.set(mount, { mount, options, view, kind: await kindOf(ctx, view, folder) });
  }
  return opened;
}

const unreachable = (source: string) => ({
  [ENOENT]: `there is no ${source} on the host`,
  [EACCES]: `${source} is out of reach for the container's root`,
  [EINVAL]: `${source} lies on a mount that may not be bound (unbindable, or hidden in part): bind the folder above it with rbind`,
  [EPERM]: "binding needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace",
});

/** What lxcfs provides, and nothing else below /proc: anything there that is not proc's own could deceive (CVE-2019-16884). */
const inProc = /^proc\/(cpuinfo|diskstats|loadavg|meminfo|slabinfo|stat|swaps|uptime)$/;

export async function mountVolume(tree: Tree, { mount, options, view, kind }: OpenVolume): Promise<void> {
  const { stage } = tree;
  const { destination, source } = mount;
  const parts = components(destination);
  if (parts.length === 0) throw new Error(`overlay: ${source} cannot be mounted over the container's root`);
  // before it is anywhere, so there is no moment in which it could be written to, or spread
  await setAttributes(stage, view, options.attributes);
  const { type, recursive } = options.propagation ?? { type: MS_PRIVATE, recursive: true };
  await setPropagation(stage, view, type, recursive);
  const { stx_mode } = statx.decode(viewOf(stage.bytes(kind)));
  const isFolder = (stx_mode & S_IFMT) === S_IFDIR;
  const links: Links = ["proc", "sys", "dev"].includes(parts[0] as string) ? "refused" : "followed";
  const target = isFolder ? await openFolder(tree, destination, links) : await openFile(tree, destination, links);
  const allowed = inProc.test(parts.join("/")) || source === "/proc";
  if (!allowed) judgeNotProc(tree, destination, await fstatfs(tree, target));
  await attach(tree, view, target, destination);
}
