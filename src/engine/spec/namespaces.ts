// Which namespaces the container gets, and how the ids of a user namespace map.

import type { Facts } from "../../core/facts.ts";
import { type IdMaps, ownMaps } from "../../core/id-map.ts";
import type { Namespace, NamespaceType, Network } from "../../core/spec.ts";
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

/** Who stands behind the ids of a user namespace of the container's own. */
export function idMaps(facts: Facts): IdMaps {
  // Root may map every id to itself: files of images belong to the same users inside as outside.
  if (!facts.rootless) {
    const same = [{ containerID: 0, hostID: 0, size: ALL_IDS }];
    return { uidMappings: same, gidMappings: same };
  }
  return ownMaps(facts);
}
