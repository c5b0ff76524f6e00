// Where control groups are: paths only, nothing is read or written here.

import { parseMemberships, UNIFIED } from "../abi/cgroup.ts";
import type { CgroupFacts } from "./facts.ts";

/** The folder, below each hierarchy's parent, that holds all of minidocker's. */
export const MANAGED = "minidocker";

/** Hierarchy (a controller's name; `unified` for v2) → folder. */
export type Folders = ReadonlyMap<string, string>;

/** A mount of a hierarchy, from /proc/PID/mountinfo. */
export interface Mounted {
  readonly type: string;
  /** The folder of the hierarchy that is shown at `point`. */
  readonly root: string;
  readonly point: string;
  readonly superOptions: readonly string[];
}

/**
 * Where a container's cgroup is. `path` is OCI's linux.cgroupsPath, relative to minidocker's own folder whether or not it
 * begins with a slash. Throws an Error that names the path where it is none.
 */
export function cgroupFolders(facts: CgroupFacts, path: string): Folders {
  const parts = cgroupPath(path);
  return new Map(Object.entries(facts.parents).map(([name, parent]) => [name, [parent, MANAGED, ...parts].join("/")]));
}

/** The components of linux.cgroupsPath. */
export function cgroupPath(path: string): string[] {
  const refuse = (why: string): never => {
    throw new Error(`linux.cgroupsPath ${JSON.stringify(path)} ${why}`);
  };
  if (/^[^/]*:[^/]*:[^/]*$/.test(path)) refuse("names a systemd slice: minidocker makes its cgroups itself and needs a path");
  const parts = path.split("/").filter((it) => it !== "" && it !== ".");
  if (parts.includes("..")) refuse("leads out of minidocker's cgroup through '..'");
  if (parts.length === 0) refuse("names no cgroup");
  if (/[\0-\x1f\x7f]/.test(path)) refuse("holds control characters");
  return parts;
}

/** The folders of the cgroup that a process is in, wherever that is: for joining it, and for reading it. */
export function foldersOf(memberships: string, mounts: readonly Mounted[]): Folders {
  const found = new Map<string, string>();
  for (const { controllers, path } of parseMemberships(memberships)) {
    for (const name of controllers.length === 0 ? [UNIFIED] : controllers) {
      const folder = folderIn(hierarchy(mounts, name), path);
      if (folder !== undefined) found.set(name.replace(/^name=/, ""), folder);
    }
  }
  return found;
}

/** The mount of a hierarchy; of several, the one that shows the most. */
export function hierarchy(mounts: readonly Mounted[], name: string): Mounted | undefined {
  const matching = mounts.filter((it) =>
    name === UNIFIED ? it.type === "cgroup2" : it.type === "cgroup" && it.superOptions.includes(name),
  );
  return matching.toSorted((a, b) => a.root.length - b.root.length)[0];
}

/** Where a path of /proc/PID/cgroup is below a mount of its hierarchy; undefined where that mount does not show it. */
function folderIn(mount: Mounted | undefined, path: string): string | undefined {
  if (mount === undefined) return undefined;
  const root = mount.root === "/" ? "" : mount.root;
  if (path !== root && !path.startsWith(`${root}/`)) return undefined;
  if (path.split("/").includes("..")) return undefined; // outside of the reader's cgroup namespace
  return `${mount.point}${path.slice(root.length)}`.replace(/\/$/, "");
}

/** Folders as the cgroups layer's intent holds them: `memory=/sys/fs/cgroup/memory/minidocker/web`. */
export function parseFolders(list: unknown): Folders {
  if (!Array.isArray(list)) return new Map();
  return new Map(list.map((row: unknown) => splitFolder(String(row))));
}

export function showFolders(folders: Folders): string[] {
  return [...folders].map(([name, folder]) => `${name}=${folder}`);
}

function splitFolder(row: string): [string, string] {
  const at = row.indexOf("=");
  return [row.slice(0, at), row.slice(at + 1)];
}
