// Taking the numbers: wall and CPU time of whole processes in turns, the split of one start, the memory that stays.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TraceRow } from "../src/stage/trace.ts";
import { type Contender, release, succeed, whileRunning } from "./contenders.ts";

export interface Timing extends Contender {
  /** Milliseconds, of all rounds. CPU is user and system time of the process and those it has waited for. */
  readonly median: number;
  readonly min: number;
  readonly cpuMedian: number;
  readonly cpuMin: number;
}

/** In turns, A B C A B C …, so that what else the machine does meets all alike. The first round is not counted. */
export function timeInTurns(contenders: readonly Contender[], rounds: number): Timing[] {
  const samples = contenders.map(() => [] as { wall: number; cpu: number }[]);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { argv }] of contenders.entries()) {
      const sample = timeOnce(argv);
      if (round > 0) samples[index]?.push(sample);
    }
  }
  return contenders.map((contender, index) => {
    const walls = sorted((samples[index] ?? []).map((it) => it.wall));
    const cpus = sorted((samples[index] ?? []).map((it) => it.cpu));
    return { ...contender, median: middle(walls), min: walls[0] ?? 0, cpuMedian: middle(cpus), cpuMin: cpus[0] ?? 0 };
  });
}

function timeOnce(argv: readonly string[]): { wall: number; cpu: number } {
  const start = Bun.nanoseconds();
  const { exitCode, stderr, resourceUsage } = Bun.spawnSync([...argv], { stdio: ["ignore", "ignore", "pipe"] });
  const wall = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: exit code ${exitCode}: ${stderr.toString().trim()}`);
  return { wall, cpu: Number(resourceUsage.cpuTime.total) / 1000 };
}

const sorted = (list: readonly number[]): number[] => list.toSorted((a, b) => a - b);
const middle = (list: readonly number[]): number => list[Math.floor(list.length / 2)] ?? 0;

export interface LayerTime {
  readonly layer: string;
  readonly calls: number;
  /** Messages to a stage, each with its answer. */
  readonly frames: number;
  /** Milliseconds from the end of what came before to the layer's last answer, and the part spent waiting for answers. */
  readonly total: number;
  readonly waiting: number;
}

/** From the fastest of some traced runs. Tracing itself slows them down: what counts are the proportions. */
export function splitByLayer(folder: string, rootfs: string, runs = 5): LayerTime[] {
  const file = join(folder, "trace.jsonl");
  const traces = Array.from({ length: runs }, () => {
    succeed([...release, "run", "--rm", "--network", "none", `--trace=${file}`, rootfs, "/bin/true"]);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    return lines.map((it) => JSON.parse(it) as TraceRow);
  });
  const duration = (trace: TraceRow[]): number => trace.at(-1)?.time ?? 0;
  return split(traces.toSorted((a, b) => duration(a) - duration(b))[0] ?? []);
}

function split(rows: readonly TraceRow[]): LayerTime[] {
  const times = new Map<string, { layer: string; calls: number; frames: number; total: number; waiting: number }>();
  let previous: TraceRow | undefined;
  for (const row of rows) {
    const sum = times.get(row.layer) ?? { layer: row.layer, calls: 0, frames: 0, total: 0, waiting: 0 };
    times.set(row.layer, sum);
    sum.calls += 1;
    sum.total += (row.time - (previous?.time ?? 0)) / 1000;
    // calls of one frame stand together and share its time
    if (previous?.role !== row.role || previous.frame !== row.frame) {
      sum.frames += 1;
      sum.waiting += row.frame / 1000;
    }
    previous = row;
  }
  return [...times.values()];
}

/** KiB of private memory of the supervisor stage that stays behind a running container. */
export function supervisorMemory(rootfs: string): Promise<number> {
  return whileRunning(rootfs, (pid) => {
    const supervisor = readdirSync("/proc").find((it) => /^\d+$/.test(it) && parentOf(it) === pid);
    const rollup = readFileSync(`/proc/${supervisor}/smaps_rollup`, "utf8");
    const fields = rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm);
    return [...fields].reduce((sum, [, size]) => sum + Number(size), 0);
  });
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
