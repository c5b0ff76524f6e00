// How much of which processors.

import { Refusal } from "../../core/refusal.ts";
import type { Resources } from "../../core/spec.ts";
import { option, optional, parseInteger, ValueError } from "./value.ts";

/** Microseconds over which a quota is counted: the kernel's and Docker's default. */
export const PERIOD = 100_000;

/** The processors of this machine: how many, and which are online as in /sys/devices/system/cpu/online (`0-3`). */
export interface Processors {
  readonly count: number;
  readonly online: string;
}

// In hundredths of a percent no rounding is needed: PERIOD is 100,000.
function parseCpus(text: string, { count }: Processors): number {
  if (!/^\d*\.?\d+$|^\d+\.$/.test(text)) throw new ValueError("not a number of processors, such as 1.5");
  const cpus = Number(text);
  if (cpus === 0) return 0;
  if (cpus < 0.01 || cpus > count) {
    throw new ValueError(
      `the range is from 0.01 to ${count.toFixed(2)}, as there ${count === 1 ? "is only 1 CPU" : `are only ${count} CPUs`} available`,
    );
  }
  return Math.round(cpus * PERIOD);
}

function parsePercent(text: string, processors: Processors): number {
  const number = /^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1];
  if (number === undefined) throw new ValueError("not a percentage of one processor, such as 25");
  const percent = Number(number);
  if (percent === 0) return 0;
  if (percent < 1 || percent > processors.count * 100) {
    throw new ValueError(`the range is from 1 to ${processors.count * 100} percent of one processor`);
  }
  return Math.round((percent * PERIOD) / 100);
}

// 0 is the default, as Docker has it; the kernel's range is 2 to 262144 (Documentation/scheduler/sched-design-CFS.rst).
function parseShares(text: string): number {
  const shares = parseInteger(text);
  if (shares !== 0 && (shares < 2 || shares > 262_144))
    throw new ValueError("the range is from 2 to 262144; 1024 is the default");
  return shares;
}

/** The numbers in a list such as `0-3,6`: cpuset(7), "List format". */
export function parseCpuList(text: string): number[] {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    const first = Number(range?.[1]);
    const last = Number(range?.[2] ?? first);
    if (range === null || last < first) throw new ValueError("not a list of processors, such as 0-2,4");
    for (let i = first; i <= last; i++) numbers.add(i);
  }
  return [...numbers].sort((a, b) => a - b);
}

function parseCpuset(text: string, { online }: Processors): string {
  const available = new Set(parseCpuList(online));
  const missing = parseCpuList(text).filter((it) => !available.has(it));
  if (missing.length > 0) throw new ValueError(`this machine has no processor ${missing.join(", ")}; it has ${online}`);
  return text;
}

interface CpuTexts {
  readonly cpus: string | undefined;
  readonly percent: string | undefined;
  readonly shares: string | undefined;
  readonly set: string | undefined;
}

/** `processors` is asked only if need be. */
export function readCpu({ cpus, percent, shares, set }: CpuTexts, processors: () => Processors): Resources["cpu"] {
  if (cpus !== undefined && percent !== undefined)
    throw new Refusal("--cpus and --cpu say the same thing: give one of them");
  const quota =
    optional("--cpus", cpus, (it) => parseCpus(it, processors())) ??
    optional("--cpu", percent, (it) => parsePercent(it, processors()));
  const weight = optional("--cpu-shares", shares, parseShares);
  const cpu: NonNullable<Resources["cpu"]> = {};
  if (quota) Object.assign(cpu, { quota, period: PERIOD });
  if (weight) cpu.shares = weight;
  if (set) cpu.cpus = option("--cpuset-cpus", set, (it) => parseCpuset(it, processors()));
  return Object.keys(cpu).length === 0 ? undefined : cpu;
}
