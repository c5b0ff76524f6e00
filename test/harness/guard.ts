// Around every test of a file: the host is the same before and after.

import { beforeEach, onTestFinished } from "bun:test";
import { differences, hostSnapshot, type Snapshot } from "./snapshot.ts";

/** How long something may still be on its way out after a test: a killed process, the cgroup folder that it was in. */
const GRACE = 2000;

/**
 * Call once at the top of a test file, before its own beforeEach. `pid` names the process whose namespaces are looked at, if
 * not this one's.
 */
export function guardHost(pid: () => number | "self" = () => "self"): void {
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
    if (Date.now() > until) throw new Error(`the test has changed the host:\n  ${left.join("\n  ")}`);
    Bun.gc(true); // Bun closes the pipes of a finished child when it collects them
    await Bun.sleep(25);
    const now = new Set(differences(before, hostSnapshot(pid)));
    left = left.filter((it) => now.has(it));
  }
}
