// Which namespaces the container gets, and how the ids of a user namespace map.

import type { Facts, SubordinateRange } from "../../core/facts.ts";
import type { IdMapping, Linux, Namespace, NamespaceType, Network } from "../../core/spec.ts";
import { leftOut, type RunOptions } from "../options/index.ts";

/** Docker's choice: all but the user namespace, which an ordinary user cannot do without. */
export function namespaceList(
  options: RunOptions,
  facts: Facts,
  network: Network["mode"] | undefined,
  joined: string | undefined,
): Namespace[] {
  const rootless = facts.rootless || options.rootless;
  const types: NamespaceType[] = ["mount", "pid", "uts", "ipc", "network"];
  if (rootless) types.unshift("user");
  // kernels since 4.6 and 5.6, if built with them
  for (const it of ["cgroup", "time"] as const) if (facts.namespaces.has(it)) types.push(it);
  const wanted = types.filter(
    (it) => !leftOut(options, `namespaces.${it}`) && !(it === "network" && network === "host"),
  );
  return wanted.map((type) => (type === "network" && joined !== undefined ? { type, path: joined } : { type }));
}

const ALL_IDS = 65_536;

/** Root inside is the caller outside; the other ids are the caller's subordinate ones, where there are any. */
export function identityMappings(facts: Facts): Pick<Linux, "uidMappings" | "gidMappings"> {
  // Root may map every id to itself: files of images belong to the same users inside as outside.
  if (!facts.rootless) {
    const same = [{ containerID: 0, hostID: 0, size: ALL_IDS }];
    return { uidMappings: same, gidMappings: same };
  }
  const both = facts.subuids.length > 0 && facts.subgids.length > 0;
  return {
    uidMappings: mapping(facts.uid, both ? facts.subuids : []),
    gidMappings: mapping(facts.gid, both ? facts.subgids : []),
  };
}

function mapping(own: number, ranges: readonly SubordinateRange[]): IdMapping[] {
  const rows: IdMapping[] = [{ containerID: 0, hostID: own, size: 1 }];
  let next = 1;
  for (const { start, count } of ranges) {
    rows.push({ containerID: next, hostID: start, size: count });
    next += count;
  }
  return rows;
}

/** Whether the id inside has one outside. Without mappings every id has. */
export function isMapped(rows: readonly IdMapping[] | undefined, id: number): boolean {
  return rows === undefined || rows.some((it) => id >= it.containerID && id < it.containerID + it.size);
}
