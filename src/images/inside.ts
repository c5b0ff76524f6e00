// Reading a file of a root file system as the container would see it. The tree is somebody else's, so its links may
// point anywhere, its files may be pipes, and all of it may change under our hands. Therefore every step opens one name
// below a folder that is open already, and links are followed by us, within the root.

import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { O_PATH } from "../abi/fcntl.ts";
import { errnoOf, Refusal } from "../state/refusal.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** As many as the kernel follows: path_resolution(7). */
const LINKS_MAX = 40;

/** More than any passwd file has, and less than would hurt. */
const SIZE_MAX = 16 * 1024 * 1024;

/** A folder of the merged tree: the same folder in several layers, topmost first. */
type Folder = readonly number[];

interface Found {
  readonly folder?: Folder;
  readonly file?: number;
  readonly link?: string;
}

/**
 * The text of `path` (absolute) in layers that lie over each other, topmost first; undefined where there is no such
 * file. Throws a Refusal for something that is not an ordinary file, or is far too large.
 */
export function readInside(layers: readonly string[], path: string): string | undefined {
  const opened: number[] = [];
  try {
    const root = layers.flatMap((it) => openLayer(it, opened) ?? []);
    const file = walk(root, path, opened);
    return file === undefined ? undefined : readRegular(file, path);
  } catch (error) {
    throw errnoOf(error) === undefined ? error : new Refusal(`${path} in the image cannot be read (${errnoOf(error)})`);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

// In a plan, an image that is yet to be made has none. A container of it is refused later, by the mount.
function openLayer(path: string, opened: number[]): number | undefined {
  try {
    return track(opened, openSync(path, O_PATH | O_DIRECTORY));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function walk(root: Folder, path: string, opened: number[]): number | undefined {
  const trail: Folder[] = [root];
  const pending = path.split("/");
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (trail.length > 1) trail.pop(); // the root's parent is the root
      continue;
    }
    const { folder, file, link } = lookUp(trail.at(-1) as Folder, name, opened);
    if (folder !== undefined) {
      trail.push(folder);
    } else if (link !== undefined) {
      if (++links > LINKS_MAX) throw new Refusal(`${path} in the image: too many symbolic links`);
      if (link.startsWith("/")) trail.length = 1;
      pending.unshift(...link.split("/"));
    } else {
      return pending.length === 0 ? file : undefined;
    }
  }
  return undefined;
}

// overlayfs.rst: the topmost layer that has the name decides; folders are merged; a whiteout (device 0,0) hides what is
// below.
function lookUp(folder: Folder, name: string, opened: number[]): Found {
  const merged: number[] = [];
  for (const parent of folder) {
    const fd = tryOpen(`/proc/self/fd/${parent}/${name}`);
    if (fd === undefined) continue;
    track(opened, fd);
    const found = fstatSync(fd);
    if (found.isDirectory()) {
      merged.push(fd);
      continue;
    }
    if (merged.length > 0 || (found.isCharacterDevice() && found.rdev === 0)) break;
    return found.isSymbolicLink() ? { link: readlinkSync(`/proc/self/fd/${parent}/${name}`) } : { file: fd };
  }
  return merged.length > 0 ? { folder: merged } : {};
}

function readRegular(found: number, path: string): string {
  const status = fstatSync(found);
  if (!status.isFile()) throw new Refusal(`${path} in the image is not an ordinary file`);
  if (status.size > SIZE_MAX) throw new Refusal(`${path} in the image is too large: ${status.size} bytes`);
  const fd = openSync(`/proc/self/fd/${found}`, O_RDONLY);
  try {
    const bytes = Buffer.alloc(status.size); // no more than that, even if it grows
    return bytes.toString("utf8", 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

function track(opened: number[], fd: number): number {
  opened.push(fd);
  return fd;
}
