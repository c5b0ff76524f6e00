// Where control groups are: paths only, nothing is read or written here.

import { parseMemberships, UNIFIED } from "../abi/cgroup.ts";
import type { CgroupFacts } from "./facts.ts";
import { Refusal } from "./refusal.ts";
import { Slot } from "./slot.ts";

/** The folder, below each hierarchy's parent, that holds all of minidocker's. */
const MANAGED = "minidocker";

/** Hierarchy (a controller's name; `unified` for v2) → folder. */
export type Folders = ReadonlyMap<string, string>;

/** Where a container's cgroup is: the same path below the parent of each hierarchy. */
export class CgroupPlace {
  /** Hierarchy → the folder that exists already. */
  readonly parents: Folders;
  /** `minidocker`, then the components of linux.cgroupsPath. */
  readonly path: readonly string[];

  private constructor(parents: Folders, path: readonly string[]) {
    this.parents = parents;
    this.path = path;
  }

  /**
   * `cgroupsPath` is OCI's, relative to minidocker's own folder whether or not it begins with a slash. Throws a
   * Refusal that names the path where it is none. With `only`, trees of other hierarchies are left alone.
   */
  static of(facts: CgroupFacts, cgroupsPath: string, only?: ReadonlySet<string>): CgroupPlace {
    const parents = Object.entries(facts.parents).filter(([name]) => only?.has(name) ?? true);
    return new CgroupPlace(new Map(parents), [MANAGED, ...components(cgroupsPath)]);
  }

  /** From what `intent()` gave. Whatever else it may hold, it names nothing outside of a folder called minidocker. */
  static ofIntent({ parents, path }: Readonly<Record<string, unknown>>): CgroupPlace {
    const rows = Array.isArray(parents) ? parents.map((it: unknown) => splitAt(String(it), "=")) : [];
    return new CgroupPlace(new Map(rows), [MANAGED, ...components(String(path))]);
  }

  /** What is written down before the cgroup is made. */
  intent(): { kind: "cgroup"; path: string; parents: string[] } {
    const parents = [...this.parents].map(([name, folder]) => `${name}=${folder}`);
    return { kind: "cgroup", path: this.path.slice(1).join("/"), parents };
  }

  /** The container's own folder in each hierarchy. */
  get folders(): Folders {
    return new Map([...this.parents].map(([name, parent]) => [name, this.folderIn(parent)]));
  }

  /** The parents, each once: v1 may have several controllers in one tree. */
  get trees(): string[] {
    return [...new Set(this.parents.values())];
  }

  /** The container's own folder below `parent`. */
  folderIn(parent: string): string {
    return [parent, ...this.path].join("/");
  }

  /** From `parent`/minidocker down to the container's own folder. */
  levels(parent: string): [string, ...string[]] {
    return this.path.map((_, i) => [parent, ...this.path.slice(0, i + 1)].join("/")) as [string, ...string[]];
  }
}

function components(path: string): string[] {
  const refuse = (why: string): never => {
    throw new Refusal(`linux.cgroupsPath ${JSON.stringify(path)} ${why}`);
  };
  if (/^[^/]*:[^/]*:[^/]*$/.test(path))
    refuse("names a systemd slice: minidocker makes its cgroups itself and needs a path");
  if (/[\0-\x1f\x7f]/.test(path)) refuse("holds control characters");
  const parts = path.split("/").filter((it) => it !== "" && it !== ".");
  if (parts.includes("..")) refuse("leads out of minidocker's cgroup through '..'");
  if (parts.length === 0) refuse("names no cgroup");
  return parts;
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Where the container's cgroup was made. Not where it was only joined, or without the layer. */
export const MADE = new Slot<CgroupPlace>("the place of the cgroup", "cgroups");

/** A mount of a hierarchy, from /proc/PID/mountinfo. */
export interface Mounted {
  readonly type: string;
  /** The folder of the hierarchy that is shown at `point`. */
  readonly root: string;
  readonly point: string;
  readonly superOptions: readonly string[];
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
