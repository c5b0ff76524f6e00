// Words and signs for what probes have seen, in the table, the page and the list.

import { groups } from "../../probes/index.ts";
import type { Cell } from "../../probes/matrix.ts";
import { type Observation, outcome, type Probe } from "../../probes/probe.ts";

/** What it means for the container, whatever was seen in detail. */
export type Meaning = "open" | "stopped" | "contained" | "nothing";

export function meaning(cell: Cell): Meaning {
  if (cell.kind === "unavailable") return "nothing";
  return meaningOf(cell.observation);
}

function meaningOf(seen: Observation): Meaning {
  if (seen.kind === "succeeded") return "open";
  if (seen.kind === "contained") return "contained";
  return seen.kind === "errno" && seen.beside ? "nothing" : "stopped";
}

/** `succeeded`, `EPERM`, …, `(EROFS)`, `unavailable`. */
export const word = (cell: Cell): string => (cell.kind === "seen" ? outcome(cell.observation) : "unavailable");

export const sawIn = (cell: Cell): string => (cell.kind === "seen" ? cell.observation.saw : cell.why);

export function groupOf(probe: Probe): string {
  return Object.entries(groups).find(([, list]) => list.includes(probe))?.[0] ?? "";
}

/** In groups, as they are listed, without the groups of which there is none. */
export function grouped<T>(items: readonly T[], probeOf: (item: T) => Probe): [title: string, items: T[]][] {
  return Object.keys(groups)
    .map((title): [string, T[]] => [title, items.filter((it) => groupOf(probeOf(it)) === title)])
    .filter(([, list]) => list.length > 0);
}
