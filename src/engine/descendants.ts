// The end of everything that a container's program has started, where there is no pid namespace that would end with it.

import { readdirSync, readFileSync } from "node:fs";
import { ownsNamespace, type Spec } from "../core/spec.ts";
import type { Paths } from "../state/paths.ts";
import { findProcess, identify, isAlive, type ProcessIdentity, signalProcess } from "../state/process.ts";
import { readConfig } from "../state/record.ts";
import type { ContainerRecord } from "../state/shape.ts";

/**
 * Kills all processes below `ancestor` and waits until they have ended. It adopts the orphans among them
 * (PR_SET_CHILD_SUBREAPER), so none gets out of sight.
 */
export function endDescendants(ancestor: ProcessIdentity, seconds?: number): Promise<void> {
  return endAll(() => {
    const found = below(ancestor.pid);
    // its number stood for it while they were looked for
    return isAlive(ancestor) ? found : [];
  }, seconds);
}

/** What the program has left behind when it ends. Without this it would run on, and whoever waits for its output wait, too. */
export async function endLeftBehind(spec: Spec, { process: program, supervisor }: ContainerRecord): Promise<void> {
  if (ownsNamespace(spec, "pid") || program === undefined || supervisor === undefined) return;
  while (isAlive(program)) await Bun.sleep(LOOK);
  await endDescendants(supervisor);
}

/** From one look after the program to the next, in milliseconds. */
const LOOK = 20;

/**
 * What the program of a container has left behind whose supervisor has ended, too: processes that are below nobody who is known, but
 * have the container's writable layer for their root.
 */
export async function endAbandoned(paths: Paths, id: string): Promise<void> {
  if (hadOwnPids(paths, id)) return;
  const root = new RegExp(`^(\\S+ ){4}/ .* - overlay .*/containers/${id}/upper(,|$)`, "m");
  await endAll(() =>
    pids().flatMap((pid) => {
      const identity = identify(pid);
      return identity !== undefined && root.test(mounts(pid)) ? [identity] : [];
    }),
  );
}

function hadOwnPids(paths: Paths, id: string): boolean {
  try {
    return ownsNamespace(readConfig(paths, id), "pid");
  } catch {
    return false; // nobody knows
  }
}

/** Looks in a row that find nobody: one that starts the next one and ends can be missed by a single look. */
const QUIET = 3;

async function endAll(find: () => readonly ProcessIdentity[], seconds = 5): Promise<void> {
  let quiet = 0;
  for (const until = Date.now() + seconds * 1000; quiet < QUIET && Date.now() < until; await Bun.sleep(1)) {
    const left = find();
    quiet = left.length === 0 ? quiet + 1 : 0;
    for (const it of left) kill(it);
  }
}

function kill(it: ProcessIdentity): void {
  try {
    signalProcess(it, "SIGKILL");
  } catch {
    // it is another user's by now, and ends with its pid namespace or its cgroup
  }
}

/** All processes below `ancestor` that still run. */
function below(ancestor: number): ProcessIdentity[] {
  const all = pids().flatMap((pid) => findProcess(pid) ?? []);
  const found = new Set([ancestor]);
  // a child may have a lower number than its parent
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const it of all) if (found.has(it.parent)) found.add(it.identity.pid);
  }
  found.delete(ancestor);
  return all.filter((it) => found.has(it.identity.pid) && !it.zombie).map((it) => it.identity);
}

function pids(): number[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function mounts(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, "utf8");
  } catch {
    return ""; // it has just ended
  }
}
