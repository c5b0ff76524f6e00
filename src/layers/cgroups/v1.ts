// cgroup v1: a tree for each controller, all of the same kind, so a container is a folder in each of them.
// Documentation/admin-guide/cgroup-v1/{memory,cpusets,devices,pids}.rst

import { Refusal } from "../../core/refusal.ts";
import type { Resources } from "../../core/spec.ts";
import { asked, limitNames, pidsSetting, type Setting, swapMissing } from "./limits.ts";

/** The files of v1 for these limits, in the order in which they can be written. */
export function settingsV1(resources: Resources): Setting[] {
  if (Object.keys(resources.unified ?? {}).length > 0) {
    throw new Refusal("linux.resources.unified names files of cgroup v2, and this host has v1: use the other limits");
  }
  return [...memory(resources), ...cpu(resources), ...pidsSetting(resources)];
}

function memory({ memory: { limit, reservation, swap } = {} }: Resources): Setting[] {
  const rows: Setting[] = [];
  const put = (file: string, value: number, name: string, more: Partial<Setting> = {}): void => {
    rows.push({ controller: "memory", file, value: String(value), limit: name, ...more });
  };
  // memory plus swap must never be less than memory: the smaller one goes first
  if (asked(limit)) put("memory.limit_in_bytes", limit, limitNames.memory);
  if (asked(swap)) put("memory.memsw.limit_in_bytes", swap, limitNames.swap, { missing: swapMissing });
  if (asked(reservation)) put("memory.soft_limit_in_bytes", reservation, limitNames.reservation);
  return rows;
}

function cpu({ cpu: { shares, quota, period, cpus, mems } = {} }: Resources): Setting[] {
  const rows: Setting[] = [];
  const put = (file: string, value: string | number, name: string): void => {
    rows.push({ controller: file.slice(0, file.indexOf(".")), file, value: String(value), limit: name });
  };
  if (asked(shares)) put("cpu.shares", shares, limitNames.shares);
  if (asked(period)) put("cpu.cfs_period_us", period, limitNames.cpus);
  if (asked(quota)) put("cpu.cfs_quota_us", quota, limitNames.cpus);
  if (cpus) put("cpuset.cpus", cpus, limitNames.cpuset);
  if (mems) put("cpuset.mems", mems, limitNames.mems);
  return rows;
}
