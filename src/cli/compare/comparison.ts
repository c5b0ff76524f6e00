// What `compare` has found, for the terminal and, as it is, for `--json`.

import {
  type CheckRow,
  compareChecks,
  compareStates,
  type Ran,
  type Section,
  type Seen,
} from "../../engine/compare.ts";
import { type Observation, outcome, type Probe } from "../../probes/probe.ts";

export interface Comparison {
  readonly a: SideOf;
  readonly b: SideOf;
  /** As it was typed; absent where there was none. */
  readonly command: string | undefined;
  readonly state: readonly Section[];
  readonly checks: { readonly rows: readonly CheckRow[]; readonly same: number };
  /** Absent where none was tried. */
  readonly probes: { readonly rows: readonly ProbeRow[]; readonly same: number } | undefined;
}

export interface SideOf {
  /** The value of `--layers`. */
  readonly layers: string;
  readonly ran: Ran | undefined;
}

export interface ProbeRow {
  readonly name: string;
  readonly question: string;
  readonly a: Observation;
  readonly b: Observation;
}

/** What a probe saw, by the probe. */
export type Observations = ReadonlyMap<Probe, Observation>;

export interface Side {
  readonly layers: string;
  readonly seen: Seen<Observations | undefined>;
}

export function compareSides(a: Side, b: Side, command: readonly string[]): Comparison {
  return {
    a: { layers: a.layers, ran: a.seen.ran },
    b: { layers: b.layers, ran: b.seen.ran },
    command: command.length === 0 ? undefined : command.join(" "),
    state: compareStates(a.seen.state, b.seen.state),
    checks: compareChecks(a.seen.checks, b.seen.checks),
    probes:
      a.seen.extra === undefined || b.seen.extra === undefined ? undefined : compareProbes(a.seen.extra, b.seen.extra),
  };
}

/** What counts is how an attack ended; in which words it is told is not a difference. */
function compareProbes(a: Observations, b: Observations): { rows: ProbeRow[]; same: number } {
  const all = [...a].flatMap(([probe, left]) => {
    const right = b.get(probe);
    return right === undefined ? [] : [{ name: probe.name, question: probe.question, a: left, b: right }];
  });
  const rows = all.filter((it) => outcome(it.a) !== outcome(it.b));
  return { rows, same: all.length - rows.length };
}
