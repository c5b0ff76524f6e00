// Around every test of a file: the host is the same before and after.

import { dlopen } from "bun:ffi";
import { beforeEach, onTestFinished } from "bun:test";
import { killTree } from "./processes.ts";
import { differences, hostSnapshot, type Snapshot } from "./snapshot.ts";

/** How long something may still be on its way out after a test: a killed process, the cgroup folder that it was in. */
const GRACE = 2000;

/**
 * Call once at the top of a test file, before its own beforeEach. `pid` names the process whose namespaces are looked at, if
 * not this one's.
 */
export function guardHost(pid: () => number | "self" = () => "self"): void {
  adoptOrphans();
  beforeEach(() => {
    const before = hostSnapshot(pid());
    onTestFinished(() => expectNothingLeft(before, pid())); // after every afterEach, wherever that is written
  });
}

/** Throws an Error that names everything that differs from `before` and stays so. */
export async function expectNothingLeft(before: Snapshot, pid: number | "self" = "self"): Promise<void> {
  const until = Date.now() + GRACE;
  let left = differences(before, hostSnapshot(pid));
  while (left.length > 0) {
    if (Date.now() > until) {
      for (const it of left) killLeft(it);
      throw new Error(`the test has changed the host:\n  ${left.join("\n  ")}`);
    }
    Bun.gc(true); // Bun closes the pipes of a finished child when it collects them
    await Bun.sleep(25);
    const now = new Set(differences(before, hostSnapshot(pid)));
    left = left.filter((it) => now.has(it));
  }
}

// A process that was left behind shall not disturb the tests that follow.
function killLeft(difference: string): void {
  const pid = /^processes: left behind: (\d+) /.exec(difference)?.[1];
  if (pid !== undefined) killTree(Number(pid));
}

const PR_SET_CHILD_SUBREAPER = 36;

// prctl(2): from now on a process below this one that loses its parent becomes a child of this one.
function adoptOrphans(): void {
  const { symbols, close } = dlopen("libc.so.6", {
    prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" },
  });
  symbols.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  close();
}
