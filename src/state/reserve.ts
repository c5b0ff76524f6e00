// Who a name belongs to: a symbolic link `names/NAME` to the container's folder, because making one is a single call
// that fails when the name is taken, and never half done.
//
//   create   mkdir containers/.ID.WHO  →  link names/NAME  →  rename containers/.ID.WHO to containers/ID
//   remove   rename containers/ID to containers/.ID.WHO  →  unlink names/NAME  →  remove containers/.ID.WHO
//
// So a name that leads nowhere belongs to a container that is being made or removed, or to one that a crash has left.
// WHO, the process that is at it (pid, start time, boot id), tells which.

import { lstatSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs";
import { refuseMounts, removeFolder } from "./files.ts";
import { withLock } from "./lock.ts";
import { containerDir, type Paths } from "./paths.ts";
import { isAlive, type ProcessIdentity, self } from "./process.ts";
import { errnoOf, Refusal } from "./refusal.ts";

/** Where this process has a container's folder before it exists and while it is removed. No listing looks there. */
export function stagingDir(paths: Paths, id: string): string {
  const { pid, startTime, bootId } = self();
  return containerDir(paths, `.${id}.${pid}.${startTime}.${bootId}`);
}

/** Takes the name for `id`. Returns the id of the container that has it, or undefined: it is ours now. */
export function reserveName(paths: Paths, name: string, id: string): string | undefined {
  if (link(paths, name, id)) return undefined;
  const holder = idOfName(paths, name);
  if (holder !== undefined && exists(paths, holder)) return holder;
  return withLock(`${paths.state}/names/`, () => {
    const now = idOfName(paths, name);
    if (now !== undefined && exists(paths, now)) return now;
    if (now !== undefined) unlinkSync(nameLink(paths, name));
    if (link(paths, name, id)) return undefined;
    const faster = idOfName(paths, name);
    if (faster === undefined) throw new Refusal(`${nameLink(paths, name)} is in the way: remove it`);
    return faster;
  });
}

/**
 * Gives the name up, if `id` has it; returns whether it had. Under the lock, because between looking and removing
 * somebody else could take it over.
 */
export function releaseName(paths: Paths, name: string, id: string): boolean {
  return withLock(`${paths.state}/names/`, () => {
    const ours = idOfName(paths, name) === id;
    if (ours) unlinkSync(nameLink(paths, name));
    return ours;
  });
}

/**
 * The id behind a name, whether or not there is such a container (any more); undefined where that is no link of ours.
 */
export function idOfName(paths: Paths, name: string): string | undefined {
  try {
    const target = readlinkSync(nameLink(paths, name));
    return target.slice(target.lastIndexOf("/") + 1);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EINVAL") return undefined;
    throw error;
  }
}

/** The name that leads to `id`, found by looking at all of them; for containers that cannot tell it themselves. */
export function nameOfId(paths: Paths, id: string): string | undefined {
  return readdirSync(`${paths.state}/names`).find((it) => idOfName(paths, it) === id);
}

/**
 * Removes what crashes have left: folders of containers that were never finished, or whose removal was not, and the
 * names that lead nowhere. Returns their ids and names. No container is touched.
 */
export function sweep(paths: Paths): string[] {
  const swept: string[] = [];
  for (const { entry, id, owner } of staged(paths)) {
    if (isAlive(owner)) continue;
    refuseMounts(containerDir(paths, entry));
    removeFolder(containerDir(paths, entry));
    swept.push(id);
  }
  for (const name of readdirSync(`${paths.state}/names`)) {
    const id = idOfName(paths, name);
    if (id === undefined || exists(paths, id)) continue;
    if (releaseName(paths, name, id)) swept.push(name);
  }
  return swept;
}

function nameLink(paths: Paths, name: string): string {
  return `${paths.state}/names/${name}`;
}

function link(paths: Paths, name: string, id: string): boolean {
  try {
    symlinkSync(`../containers/${id}`, nameLink(paths, name));
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

// The hidden folder first: a container that is being made appears under its own name when that one disappears. And once
// more: one that is being removed goes the other way.
function exists(paths: Paths, id: string): boolean {
  const busy = (): boolean => staged(paths).some((it) => it.id === id && isAlive(it.owner));
  return busy() || lstatSync(containerDir(paths, id), { throwIfNoEntry: false }) !== undefined || busy();
}

function staged(paths: Paths): { entry: string; id: string; owner: ProcessIdentity }[] {
  return readdirSync(`${paths.state}/containers`).flatMap((entry) => {
    const [empty, id = "", pid, startTime, bootId = ""] = entry.split(".");
    return empty === "" ? [{ entry, id, owner: { pid: Number(pid), startTime: Number(startTime), bootId } }] : [];
  });
}
