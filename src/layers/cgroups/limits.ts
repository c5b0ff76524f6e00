// What the two versions of cgroups have in common: a limit is a short text that is written into a file.

import { Refusal } from "../../core/refusal.ts";
import type { Resources } from "../../core/spec.ts";

/** One limit as one file of the container's cgroup. */
export interface Setting {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** What the user asked for, as they would say it. */
  readonly limit: string;
  /** Where the file may be missing: what the user is told then. Without it, a missing file is an error. */
  readonly missing?: string;
}

/** The names under which limits are known to users: an option, or the place in config.json where there is none. */
export const limitNames = {
  memory: "the memory limit (--memory)",
  reservation: "the memory reservation (--memory-reservation)",
  swap: "the swap limit (--memory-swap)",
  cpus: "the CPU limit (--cpus)",
  shares: "the CPU weight (--cpu-shares)",
  cpuset: "the choice of CPUs (--cpuset-cpus)",
  mems: "the choice of memory nodes (linux.resources.cpu.mems)",
  pids: "the process limit (--pids-limit)",
} as const;

export const swapMissing =
  "swap is not limited: this kernel does not count swap (boot with swapaccount=1); memory is limited all the same";

/** 0 and absence both mean that nothing was asked for, as runc and crun read config.json. */
export function asked(value: number | undefined): value is number {
  return value !== undefined && value !== 0;
}

/** -1 is how OCI says "no limit". */
export function orMax(value: number): string {
  return value < 0 ? "max" : String(value);
}

/** Refuses what no kernel can do, naming the place in config.json. */
export function checkResources({ memory = {}, cpu = {} }: Resources): void {
  const { limit, swap } = memory;
  if (asked(swap) && swap > 0) {
    if (!asked(limit) || limit < 0)
      throw new Refusal("linux.resources.memory.swap needs linux.resources.memory.limit (--memory)");
    if (swap < limit)
      throw new Refusal(
        `linux.resources.memory.swap is memory plus swap: ${swap} is less than the memory limit, ${limit}`,
      );
  }
  if (cpu.period !== undefined && cpu.period !== 0 && (cpu.period < 1000 || cpu.period > 1_000_000)) {
    throw new Refusal(`linux.resources.cpu.period is ${cpu.period} µs: the kernel takes 1000 to 1000000`);
  }
  if (asked(cpu.quota) && cpu.quota > 0 && cpu.quota < 1000) {
    throw new Refusal(`linux.resources.cpu.quota is ${cpu.quota} µs: the kernel takes 1000 at least (--cpus 0.01)`);
  }
}

export function pidsSetting({ pids }: Resources): Setting[] {
  if (pids === undefined) return [];
  const value = pids.limit <= 0 ? "max" : String(pids.limit);
  return [{ controller: "pids", file: "pids.max", value, limit: limitNames.pids }];
}
