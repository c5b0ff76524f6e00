// The end of everything that a held container has started, also where there is no pid namespace that would end with it.

import { readdirSync, readFileSync } from "node:fs";

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** All processes below `ancestor` that still run. */
function below(ancestor: number): number[] {
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (entry(Number(name)) ?? []) : []));
  const found = new Set([ancestor]);
  // a child may have a lower number than its parent
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const it of all) if (found.has(it.parent)) found.add(it.pid);
  }
  return all.filter((it) => it.pid !== ancestor && found.has(it.pid) && it.state !== "Z").map((it) => it.pid);
}

function entry(pid: number): Entry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, parent: Number(parent), state };
  } catch {
    return undefined;
  }
}

/** Looks in a row that find nobody: one that starts the next one and ends can be missed by a single look. */
const QUIET = 3;

/**
 * Kills them and waits until they have ended. `ancestor` adopts the orphans among them (PR_SET_CHILD_SUBREAPER), so none gets
 * out of sight.
 */
export async function endDescendants(ancestor: number, seconds = 5): Promise<void> {
  let quiet = 0;
  for (const until = Date.now() + seconds * 1000; quiet < QUIET && Date.now() < until; await Bun.sleep(1)) {
    const left = below(ancestor);
    quiet = left.length === 0 ? quiet + 1 : 0;
    for (const pid of left) kill(pid);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended, or is another user's by now, and ends with its pid namespace or its cgroup
  }
}
