// What test files leave running. This process takes in whatever below it loses its parent, as init would, so that it can
// be named, and ended.

import { dlopen } from "bun:ffi";
import { readFileSync } from "node:fs";
import { describeProcess, killTree, type ProcessEntry, processEntry } from "../test/harness/processes.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

const libc = dlopen("libc.so.6", {
  prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" },
  waitpid: { args: ["int", "ptr", "int"], returns: "int" },
}).symbols;

/** Children that were started here, and are waited for elsewhere. */
const own = new Set<number>();

/** From now on, orphans come to this process, and are reaped when they end (prctl(2)). */
export function adoptOrphans(): void {
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const reap = (): void => {
    for (const { pid, state } of adopted()) if (state === "Z") libc.waitpid(pid, null, WNOHANG);
  };
  setInterval(reap, 20).unref();
}

/** Says that `child` is no orphan, until it has ended. */
export function expectChild(child: Bun.Subprocess): void {
  own.add(child.pid);
  void child.exited.then(() => own.delete(child.pid));
}

/** The variable in which a process that a test started finds the name of the test's file, unless that was taken away. */
export const TEST_FILE = "MINIDOCKER_TEST_FILE";

/** Ends orphans that are still running, those of one test file or all, and says what they were. */
export function endOrphans(file?: string): string[] {
  const alive = adopted().filter((it) => it.state !== "Z" && (file === undefined || cameFrom(it.pid, file)));
  return alive.map((it) => {
    const description = describeProcess(it);
    killTree(it.pid);
    return description;
  });
}

function cameFrom(pid: number, file: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${TEST_FILE}=${file}`);
  } catch {
    return false; // it has ended meanwhile
  }
}

function adopted(): ProcessEntry[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return children.flatMap((it) => (it === "" || own.has(Number(it)) ? [] : (processEntry(Number(it)) ?? [])));
}
