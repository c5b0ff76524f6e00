// Which cgroups this host offers, and where ours may be made: fills CgroupFacts. It only reads.
//
// v1: a tree for each controller. The kernel lets nobody but root use it safely, so an ordinary user gets none.
//
// v2: one tree. Controllers reach a cgroup only from a parent that hands them on (cgroup.subtree_control), and a cgroup
// that hands them on holds no processes itself. A part of the tree may be given to a user ("delegation"); to move a
// process there, they need to be allowed to write to the nearest cgroup that contains both places.

import { accessSync, constants, readFileSync } from "node:fs";
import { parseMemberships, UNIFIED } from "../abi/cgroup.ts";
import { hierarchy, type Mounted } from "./cgroup-folders.ts";
import type { CgroupFacts } from "./facts.ts";
import { parseMounts } from "./view.ts";

/** Where it is looked for. */
export interface CgroupSources {
  readonly mounts: readonly Mounted[];
  /** /proc/self/cgroup */
  readonly memberships: string;
  /** A file's text, or undefined where it cannot be read. */
  read(path: string): string | undefined;
  /** As mayWrite. */
  writable(path: string): boolean;
}

/** This process's own host. */
export function findCgroups(): CgroupFacts {
  return cgroupFacts({
    mounts: parseMounts(readFileSync("/proc/self/mountinfo", "utf8")),
    memberships: readFileSync("/proc/self/cgroup", "utf8"),
    read: tryRead,
    writable: mayWrite,
  });
}

export function cgroupFacts(sources: CgroupSources): CgroupFacts {
  const controllers = parseMemberships(sources.memberships).flatMap((it) => it.controllers);
  const v1 = controllers.filter((name) => hierarchy(sources.mounts, name) !== undefined);
  const unified = hierarchy(sources.mounts, UNIFIED);
  // A stray v1 hierarchy (net_cls, for old software) does not make a v1 host.
  if (v1.some((name) => ["memory", "pids", "cpu"].includes(name))) return factsV1(sources, v1);
  if (unified === undefined) return none("no cgroup file system is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
  return factsV2(sources, unified);
}

function none(problem: string): CgroupFacts {
  return { version: "none", parents: {}, controllers: [], problem };
}

// Every container is below the hierarchy's root, as Docker's are, and not below the cgroup that minidocker happens to
// run in: a limit on a user's session is not meant for it.
function factsV1({ mounts, writable }: CgroupSources, names: readonly string[]): CgroupFacts {
  const found = [...names, UNIFIED].flatMap((name) => {
    const point = hierarchy(mounts, name)?.point;
    return point !== undefined && writable(point) ? [[name.replace(/^name=/, ""), point] as const] : [];
  });
  const controllers = found.map(([name]) => name).filter((name) => name !== UNIFIED);
  if (controllers.length > 0) return { version: "v1", parents: Object.fromEntries(found), controllers };
  return none(
    "cgroup v1 cannot be given to an ordinary user: run as root, or boot with systemd.unified_cgroup_hierarchy=1",
  );
}

function factsV2(sources: CgroupSources, mount: Mounted): CgroupFacts {
  const path = parseMemberships(sources.memberships).find((it) => it.controllers.length === 0)?.path ?? "/";
  const own = mount.root === "/" ? path : path.slice(mount.root.length);
  // The whole tree, if it is ours; else the nearest part of it that contains us.
  const candidates = ["", ...ancestors(own)].map((it) => `${mount.point}${it}`).filter((it) => writable(sources, it));
  const free = candidates.find((it) => mayHandOn(sources, it));
  if (free !== undefined) return v2(free, words(sources.read(`${free}/cgroup.controllers`)));
  const [occupied] = candidates;
  if (occupied !== undefined) {
    const enabled = words(sources.read(`${occupied}/cgroup.subtree_control`));
    const problem = `${occupied} holds processes, so it cannot hand on its controllers: move them to a cgroup below it`;
    return { ...v2(occupied, enabled), problem };
  }
  const remedy = "start with: systemd-run --user --scope -p Delegate=yes minidocker …";
  const here = `${mount.point}${own}`.replace(/\/$/, "");
  return none(`${here} is not yours to divide: be root with ${mount.point} mounted writable, or ${remedy}`);
}

function v2(parent: string, controllers: readonly string[]): CgroupFacts {
  return { version: "v2", parents: { [UNIFIED]: parent }, controllers };
}

function writable(sources: CgroupSources, folder: string): boolean {
  return ["", "/cgroup.procs", "/cgroup.subtree_control"].every((it) => sources.writable(`${folder}${it}`));
}

// The tree's real root is exempt from the rule; it is the one cgroup that has no type.
function mayHandOn({ read }: CgroupSources, folder: string): boolean {
  return read(`${folder}/cgroup.type`) === undefined || read(`${folder}/cgroup.procs`)?.trim() === "";
}

/** `/a/b`, `/a` for `/a/b`. */
function ancestors(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return parts.map((_, i) => `/${parts.slice(0, parts.length - i).join("/")}`);
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter(Boolean);
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether this process may write there: access(2). */
export function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
