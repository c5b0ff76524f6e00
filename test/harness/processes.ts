// The machine's processes, as /proc shows them.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks after boot; pid and start time together name one process for ever. */
  readonly started: number;
  readonly state: string;
  readonly name: string;
}

/** All processes, kernel threads included, by pid. */
export function processes(): Map<number, ProcessEntry> {
  const found = new Map<number, ProcessEntry>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const entry = Number.isInteger(pid) ? processEntry(pid) : undefined;
    if (entry) found.set(pid, entry);
  }
  return found;
}

/** proc_pid_stat(5): the name stands in brackets and may itself hold spaces and brackets. */
export function processEntry(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    return {
      pid,
      name: stat.slice(stat.indexOf("(") + 1, end),
      state: fields[0] as string,
      parent: Number(fields[1]),
      started: Number(fields[19]),
    };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** The processes below `root`, not itself. */
export function descendants(root: number, all = processes()): ProcessEntry[] {
  const children = Map.groupBy(all.values(), (it) => it.parent);
  const below = (pid: number): ProcessEntry[] => (children.get(pid) ?? []).flatMap((it) => [it, ...below(it.pid)]);
  return below(root);
}

/** `12345 busybox (sleep 60)`, for messages. */
export function describeProcess({ pid, name, state }: ProcessEntry): string {
  const command = readOr(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  return `${pid} ${name} (${state === "Z" ? "zombie" : command})`;
}

/** Whether a process with just that command line runs, in whatever namespace. Where it is waited for, it is to be the only one. */
export function isRunning(...argv: readonly string[]): boolean {
  const wanted = `${argv.join("\0")}\0`;
  return [...processes().keys()].some((pid) => readOr(`/proc/${pid}/cmdline`) === wanted);
}

/** A link below /proc/PID, such as `exe` or `ns/pid`; empty where it is hidden or the process has ended. */
export function processLink(pid: number, name: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return "";
  }
}

/** Kills a process of ours and everything below it. */
export function killTree(pid: number): void {
  for (const it of [...descendants(pid).map((entry) => entry.pid), pid]) {
    try {
      process.kill(it, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
