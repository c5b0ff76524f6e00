// Is it in force? Told from /proc/PID/cgroup and from the files of the cgroup file systems.

import { parseLimit, UNIFIED } from "../../abi/cgroup.ts";
import type { Check } from "../../core/layer.ts";
import type { View } from "../../core/view.ts";

export function verify(view: View): Check[] {
  return [own(view), memory(view), cpu(view), pids(view), devices(view), namespace(view)];
}

function own(view: View): Check {
  const judge = view.host.cgroupFolders;
  const mine = [...view.cgroupFolders].filter(
    ([name, folder]) => !`${judge.get(name) ?? ""}/`.startsWith(`${folder}/`),
  );
  const hidden = view.cgroupFolders.size === 0;
  const [first] = [...mine].sort(([a], [b]) => Number(b === "memory") - Number(a === "memory"));
  return {
    id: "cgroups.own",
    title: "in a cgroup of its own",
    verdict: hidden ? "unknown" : first === undefined ? "no" : "yes",
    saw: hidden
      ? "no cgroup file system that shows it is mounted here"
      : (first?.[1] ?? "the cgroup of this process, or one above it"),
  };
}

/** The lowest limit that v1's or v2's file shows, in the process's cgroup or in one above it. */
function lowest(
  view: View,
  controller: string,
  v2: string,
  v1: string,
): { limit: number | undefined; file: string; found: boolean } {
  for (const [hierarchy, file] of [
    [controller, v1],
    [UNIFIED, v2],
  ] as const) {
    const texts = view.cgroupFiles(hierarchy, file);
    if (texts.length === 0) continue;
    // cpu.max holds the quota, then the period
    const limits = texts.map((it) => parseLimit(it.split(" ")[0] as string)).filter((it) => it !== undefined);
    return { limit: limits.length === 0 ? undefined : Math.min(...limits), file, found: true };
  }
  return { limit: undefined, file: v2, found: false };
}

function limited(id: string, title: string, { limit, file, found }: ReturnType<typeof lowest>, unit: string): Check {
  const saw = !found ? `no ${file} of its own` : limit === undefined ? `${file}: no limit` : `${file}: ${limit}${unit}`;
  return { id, title, verdict: limit === undefined ? "no" : "yes", saw };
}

function memory(view: View): Check {
  const found = lowest(view, "memory", "memory.max", "memory.limit_in_bytes");
  return limited("cgroups.memory", "memory is limited", found, " bytes");
}

function pids(view: View): Check {
  return limited(
    "cgroups.pids",
    "the number of processes is limited",
    lowest(view, "pids", "pids.max", "pids.max"),
    "",
  );
}

function cpu(view: View): Check {
  const found = lowest(view, "cpu", "cpu.max", "cpu.cfs_quota_us");
  return limited("cgroups.cpu", "CPU time is limited", found, " µs in each period");
}

function devices(view: View): Check {
  const check = { id: "cgroups.devices", title: "only listed devices can be opened" };
  const [list] = view.cgroupFiles("devices", "devices.list");
  if (list !== undefined) {
    const all = list.startsWith("a ");
    const rows = list.trim().split("\n").length;
    return { ...check, verdict: all ? "no" : "yes", saw: `devices.list: ${all ? "everything" : `${rows} rules`}` };
  }
  const programs = view.devicePrograms;
  if (programs === undefined)
    return { ...check, verdict: "unknown", saw: "only BPF_PROG_QUERY can tell, which takes CAP_NET_ADMIN" };
  return { ...check, verdict: programs > 0 ? "yes" : "no", saw: `eBPF device programs on its cgroup: ${programs}` };
}

function namespace(view: View): Check {
  const separate = view.ownNamespace("cgroup", view.host);
  return {
    id: "cgroups.namespace",
    title: "sees its own cgroup as the root of the tree",
    verdict: separate === undefined ? "unknown" : separate ? "yes" : "no",
    saw: `cgroup:[${view.namespace("cgroup") ?? "?"}]${separate === false ? ", the host's" : ""}`,
  };
}
