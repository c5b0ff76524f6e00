// Volumes: folders and files of the host, at a place in the container.

import { EACCES, EINVAL, ENOENT, EPERM } from "../../abi/errno.ts";
import { MS_PRIVATE } from "../../abi/mount.ts";
import { replaceableInProc } from "../../core/default-mounts.ts";
import type { Context } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Mount } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import { askKind, forbidProc, isFolder } from "./demands.ts";
import { cloneOf, leave, put, setAttributes, setPropagation } from "./mount.ts";
import { type MountOptions, parseOptions } from "./options.ts";
import { cleaned, fileSpot, type Links, openFolder, type Tree } from "./tree.ts";

export interface OpenVolume {
  readonly mount: Mount;
  readonly options: MountOptions;
  /** A mount of the source, in no tree yet. */
  readonly view: Result;
  readonly kind: Result;
}

/**
 * Opens the sources of volumes, while the host's file tree is still the process's own and
 * nothing of the image is in it.
 */
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
    if (options.data !== "")
      throw new Refusal(`overlay: the volume ${destination} has options that are none: ${options.data}`);
    const view = await cloneOf(ctx.stage, source, options.recursive, { cause: unreachable(source) });
    opened.set(mount, { mount, options, view, kind: await askKind(ctx.stage, view) });
  }
  return opened;
}

const unreachable = (source: string) => ({
  [ENOENT]: `there is no ${source} on the host`,
  [EACCES]: `${source} is out of reach for the container's root`,
  [EINVAL]: `${source} lies on a mount that may not be bound (unbindable, or hidden in part): bind the folder above it with rbind`,
  [EPERM]: "binding needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace",
});

export async function mountVolume(tree: Tree, { mount, options, view, kind }: OpenVolume): Promise<void> {
  const { stage } = tree;
  const { destination, source } = mount;
  const path = cleaned(destination);
  if (path === "/") throw new Refusal(`overlay: ${source} cannot be mounted over the container's root`);
  // before it is anywhere, so there is no moment in which it could be written to, or spread
  await setAttributes(stage, view, options.attributes);
  const { type, recursive } = options.propagation ?? { type: MS_PRIVATE, recursive: true };
  await setPropagation(stage, view, type, recursive);
  const links: Links = /^\/(dev|sys|proc)(\/|$)/.test(path) ? "refused" : "followed";
  const spot = isFolder(stage, kind)
    ? { folder: await openFolder(tree, path, links), name: "" }
    : await fileSpot(tree, path, links);
  if (!replaceableInProc.test(path) && source !== "/proc") await forbidProc(tree, destination, spot.folder);
  await put(stage, view, spot);
  await leave(stage, spot);
}
