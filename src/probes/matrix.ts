// The probe matrix: each probe in several containers, which differ in their layers alone. What a layer is good for is told by
// leaving it out, never by an errno: when EPERM stays, somebody else would have said it, too.

import { findFacts } from "../core/find-facts.ts";
import { Refusal } from "../core/refusal.ts";
import type { Console } from "../engine/making.ts";
import type { RunOptions } from "../engine/options/index.ts";
import { recover } from "../engine/recover.ts";
import { layers } from "../layers/index.ts";
import { StageError } from "../stage/error.ts";
import { openPaths } from "../state/paths.ts";
import { Aviary } from "./aviary.ts";
import { type Probe, wasStopped } from "./probe.ts";
import { type Attempt, attemptIn, inContainer, limited, whyNot } from "./run.ts";

/** A container of the matrix. */
export interface Column {
  /** `all`, `-seccomp`, `only seccomp`, `none`. */
  readonly name: string;
  readonly without: readonly string[];
}

export type Cell =
  | ({ readonly kind: "seen" } & Attempt)
  /** The host cannot try the probe, or cannot make such a container. */
  | { readonly kind: "unavailable"; readonly why: string };

export interface Row {
  readonly probe: Probe;
  /** In the order of the columns. */
  readonly cells: readonly Cell[];
  readonly thanks: Thanks;
}

/** Which layers have stopped a probe that the full container stops; empty where that was not tried. */
export interface Thanks {
  /** Without this one, it succeeds. */
  readonly necessary: readonly string[];
  /** This one stops it alone; known where each layer was tried alone. */
  readonly sufficient: readonly string[];
  /** Would stop it, and others stop it too, so it can be left out. */
  readonly redundant: readonly string[];
}

export interface Matrix {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly seconds: number;
}

const names = layers.map((it) => it.name);
const ALL: Column = { name: "all", without: [] };
const NONE: Column = { name: "none", without: names };

export const withAll: readonly Column[] = [ALL];
export const leaveOneOut: readonly Column[] = [ALL, ...names.map((it) => ({ name: `-${it}`, without: [it] })), NONE];
export const onlyOne: readonly Column[] = [
  ALL,
  ...names.map((it) => ({ name: `only ${it}`, without: names.filter((other) => other !== it) })),
  NONE,
];

/** Columns of several sets, each once. */
export function merge(...sets: readonly (readonly Column[])[]): Column[] {
  const found = new Map(sets.flat().map((it) => [it.name, it]));
  found.delete(NONE.name);
  return [...found.values(), ...(sets.flat().includes(NONE) ? [NONE] : [])];
}

export interface MatrixRun {
  /** What all the containers are like. */
  readonly options: RunOptions;
  readonly columns: readonly Column[];
  readonly probes: readonly Probe[];
  readonly console: Console;
  readonly stop: AbortSignal;
  /** A container is about to be attacked. */
  begin?(column: Column, index: number): void;
}

/** Rejects with the reason of `stop` where that is aborted; nothing is left then, either. */
export async function runMatrix(run: MatrixRun): Promise<Matrix> {
  const start = performance.now();
  const paths = openPaths();
  const facts = findFacts(paths);
  const reasons = new Map(run.probes.map((it) => [it.name, whyNot(it, facts)]));
  const tried = run.probes.filter((it) => reasons.get(it.name) === undefined);
  const found = new Map<string, Map<string, Cell>>();
  // what a minidocker that was killed has left: canaries are swept when the aviary is opened, containers here
  await recover({ paths, layers, facts, notice: run.console.notice });
  const aviary = await Aviary.open(paths);
  try {
    for (const [i, column] of run.columns.entries()) {
      run.begin?.(column, i);
      found.set(column.name, await fillColumn(run, column, tried, aviary));
    }
  } finally {
    await aviary.close();
  }
  const rows = run.probes.map((probe) => {
    const cells = run.columns.map(({ name }): Cell => {
      const why = reasons.get(probe.name) ?? "it was not tried";
      return found.get(name)?.get(probe.name) ?? { kind: "unavailable", why };
    });
    return { probe, cells, thanks: thank(probe, run.columns, cells) };
  });
  return { columns: run.columns, rows, seconds: (performance.now() - start) / 1000 };
}

async function fillColumn(
  { options, console, stop }: MatrixRun,
  column: Column,
  probes: readonly Probe[],
  aviary: Aviary,
): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>();
  const without = [...new Set([...options.without, ...column.without])];
  try {
    stop.throwIfAborted();
    await inContainer(limited({ ...options, without }, probes), console, async (held) => {
      for (const probe of probes) {
        // a turn of the event loop, in which somebody may lose patience
        await Bun.sleep(0);
        stop.throwIfAborted();
        cells.set(probe.name, { kind: "seen", ...(await attemptIn(held, probe, aviary)) });
      }
    });
  } catch (error) {
    stop.throwIfAborted();
    // a container that cannot be made here; whatever else goes wrong is a mistake of ours
    if (!(error instanceof Refusal || error instanceof StageError)) throw error;
    const why = error.message;
    for (const it of probes) if (!cells.has(it.name)) cells.set(it.name, { kind: "unavailable", why });
  }
  return cells;
}

/** Judged by the cells alone. */
export function thank(probe: Probe, columns: readonly Column[], cells: readonly Cell[]): Thanks {
  const stopped = (name: string): boolean | undefined => {
    const cell = cells[columns.findIndex((it) => it.name === name)];
    return cell?.kind === "seen" ? wasStopped(cell.observation) : undefined;
  };
  if (stopped(ALL.name) !== true) return { necessary: [], sufficient: [], redundant: [] };
  const necessary = names.filter((it) => stopped(`-${it}`) === false);
  // what fails without any layer proves nothing about a single one
  const sufficient = stopped(NONE.name) === false ? names.filter((it) => stopped(`only ${it}`) === true) : [];
  const known = columns.some((it) => it.name.startsWith("only ")) ? sufficient : probe.layers;
  const redundant = known.filter((it) => stopped(`-${it}`) === true);
  return { necessary, sufficient, redundant };
}
