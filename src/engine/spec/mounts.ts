// The user's mounts, and their place among the container's own.

import type { Facts } from "../../core/facts.ts";
import type { Mount } from "../../core/spec.ts";
import type { RunOptions } from "../options/index.ts";
import { volumeSource } from "../volumes.ts";

export function userMounts({ volumes, tmpfs }: RunOptions, facts: Pick<Facts, "dataDir">, id: string): Mount[] {
  const binds = volumes.map((it, index) => ({
    destination: it.destination,
    type: "bind",
    source: volumeSource(it, index, facts, id),
    options: ["rbind", it.propagation, it.readonly ? "ro" : "rw"],
  }));
  const memory = tmpfs.map((it) => ({
    destination: it.destination,
    type: "tmpfs",
    source: "tmpfs",
    options: [...it.options],
  }));
  return [...binds, ...memory];
}

/**
 * The container's own mounts, then the user's from the outermost inwards, so that none hides another. A mount of the user
 * takes the place of one of the container's; one on /dev takes the place of all that is below it.
 */
export function orderMounts(own: readonly Mount[], theirs: readonly Mount[]): Mount[] {
  const taken = new Set(theirs.map((it) => it.destination));
  const left = own.filter(
    (it) => !taken.has(it.destination) && !(taken.has("/dev") && it.destination.startsWith("/dev/")),
  );
  const depth = ({ destination }: Mount): number => destination.split("/").filter(Boolean).length;
  return [...left, ...theirs.toSorted((a, b) => depth(a) - depth(b))];
}
