// What stays behind a running container: the processes around it, and the memory that is theirs alone.

import { readdirSync, readFileSync } from "node:fs";
import { type Bench, environment, type Subject } from "./subjects.ts";

export interface Remaining {
  readonly name: string;
  readonly pid: number;
  /** Private_Clean + Private_Dirty of /proc/PID/smaps_rollup, in KiB. */
  readonly privateKiB: number;
}

/** Starts a container that waits, and looks at the stages around it while minidocker itself waits, too. */
export async function remaining(bench: Bench, subject: Subject): Promise<Remaining[]> {
  const program = subject.command.slice(0, subject.command.indexOf("run"));
  const wait = ["run", "--rm", "-i", ...bench.options, bench.rootfs, "/bin/sh", "-c", "echo up; cat"];
  const child = Bun.spawn([...program, ...wait], {
    cwd: subject.cwd,
    env: environment(bench),
    stdio: ["pipe", "pipe", "inherit"],
  });
  await child.stdout.getReader().read(); // "up", or the end
  const around = pids().filter((pid) => isStage(pid) && parentOf(pid) === child.pid);
  const found = around.map((pid) => ({ name: read(pid, "comm").trim(), pid, privateKiB: privateMemory(pid) }));
  await child.stdin.end();
  if ((await child.exited) !== 0) throw new Error("the container that waits has failed");
  return found;
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function isStage(pid: number): boolean {
  return /^minidocker-stage/.test(read(pid, "cmdline"));
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(read(pid, "status"))?.[1]);
}

function privateMemory(pid: number): number {
  const fields = read(pid, "smaps_rollup").matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
  return [...fields].reduce((sum, [, size]) => sum + Number(size), 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it has ended
  }
}
