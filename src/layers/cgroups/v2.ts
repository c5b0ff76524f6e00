// cgroup v2: one tree. A controller works in a cgroup only if the parent hands it on, so before any limit can be set,
// each cgroup on the way down gets `+memory +cpu …` written into its cgroup.subtree_control.
// Documentation/admin-guide/cgroup-v2.rst

import { controllerOf } from "../../abi/cgroup.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Resources } from "../../core/spec.ts";
import { asked, limitNames, orMax, pidsSetting, type Setting, swapMissing } from "./limits.ts";

/** The files of v2 for these limits, in the order in which they can be written. */
export function settingsV2(resources: Resources): Setting[] {
  return [
    ...memory(resources),
    ...cpu(resources),
    ...cpuset(resources),
    ...pidsSetting(resources),
    ...unified(resources),
  ];
}

function memory({ memory: { limit, reservation, swap } = {} }: Resources): Setting[] {
  const rows: Setting[] = [];
  const put = (file: string, value: string, name: string, more: Partial<Setting> = {}): void => {
    rows.push({ controller: "memory", file, value, limit: name, ...more });
  };
  if (asked(limit)) put("memory.max", orMax(limit), limitNames.memory);
  // Docker and OCI count memory plus swap; v2 counts swap alone.
  if (asked(swap)) {
    const alone = swap < 0 ? "max" : String(swap - (limit ?? 0));
    put("memory.swap.max", alone, limitNames.swap, { missing: swapMissing });
  }
  if (asked(reservation)) put("memory.low", orMax(reservation), limitNames.reservation);
  return rows;
}

function cpu({ cpu: { shares, quota, period } = {} }: Resources): Setting[] {
  const rows: Setting[] = [];
  if (asked(shares)) {
    rows.push({
      controller: "cpu",
      file: "cpu.weight",
      value: String(weightFromShares(shares)),
      limit: limitNames.shares,
    });
  }
  if (asked(quota) || asked(period)) {
    const value = `${asked(quota) ? orMax(quota) : "max"}${asked(period) ? ` ${period}` : ""}`;
    rows.push({ controller: "cpu", file: "cpu.max", value, limit: limitNames.cpus });
  }
  return rows;
}

function cpuset({ cpu: { cpus, mems } = {} }: Resources): Setting[] {
  return [
    ...(cpus ? [{ controller: "cpuset", file: "cpuset.cpus", value: cpus, limit: limitNames.cpuset }] : []),
    ...(mems ? [{ controller: "cpuset", file: "cpuset.mems", value: mems, limit: limitNames.mems }] : []),
  ];
}

/** Files that would move processes or change the tree, and are not limits. */
const structure = /^cgroup\.(procs|threads|kill|type|freeze|subtree_control)$/;

function unified({ unified: files = {} }: Resources): Setting[] {
  return Object.entries(files).flatMap(([file, text]) => {
    const place = `linux.resources.unified[${JSON.stringify(file)}]`;
    if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) throw new Refusal(`${place} is not the name of a cgroup file`);
    if (structure.test(file)) throw new Refusal(`${place} is not a limit: minidocker itself writes that file`);
    // io.max and its like hold a line for each device, and the kernel reads one of them with each write.
    return text
      .split("\n")
      .filter(Boolean)
      .map((value) => ({ controller: controllerOf(file), file, value, limit: place }));
  });
}

/**
 * v1's shares (2 … 262144, normally 1024) as a v2 weight (1 … 10000, normally 100). A straight line through the ends
 * would turn 1024 into 39, so a container with the usual shares would get less than a process without any; this
 * curve, which runc has used since 2025, goes through all three points.
 */
export function weightFromShares(shares: number): number {
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
