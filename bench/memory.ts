// What stays behind a running container: the processes around it, and the memory that is theirs alone.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type Bench, environment, type Subject } from "./subjects.ts";

export interface Remaining {
  readonly name: string;
  readonly pid: number;
  /** Private_Clean + Private_Dirty of /proc/PID/smaps_rollup, in KiB. */
  readonly privateKiB: number;
}

/**
 * Starts a detached container that sleeps, looks at the processes between it and this one's init, and removes it. Undefined
 * where the container could not be started.
 */
export function remaining(bench: Bench, subject: Subject): Remaining[] | undefined {
  const run = subject.command.indexOf("run");
  const [program, options] = [subject.command.slice(0, run), bench.options];
  const env = environment(bench);
  const before = new Set(pids());
  const sleep = ["run", "-d", "--rm", "--name", "bench-memory", ...options, bench.rootfs, "/bin/sleep", "60"];
  const started = Bun.spawnSync([...program, ...sleep], { cwd: subject.cwd, env });
  if (started.exitCode !== 0) return undefined;
  const around = pids().filter((pid) => !before.has(pid) && isStage(pid));
  const found = around.map((pid) => ({ name: read(pid, "comm").trim(), pid, privateKiB: privateMemory(pid) }));
  Bun.spawnSync([...program, "rm", "-f", "bench-memory"], { env });
  return found;
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function isStage(pid: number): boolean {
  return /minidocker/.test(read(pid, "cmdline"));
}

function privateMemory(pid: number): number {
  const fields = read(pid, "smaps_rollup").matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
  return [...fields].reduce((sum, [, size]) => sum + Number(size), 0);
}

function read(pid: number, file: string): string {
  const path = `/proc/${pid}/${file}`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
