// A task of a lesson: what must become true, and everything that belongs to it.

import type { Hint, Part, Solve, Verify } from "./lesson.ts";

export interface Task {
  readonly verify: Verify;
  /** From the vaguest to the most specific. */
  readonly hints: readonly Hint[];
  /** Said where their script, on the host, ends with 0. */
  readonly diagnoses: readonly Hint[];
  readonly solution: Solve | undefined;
  /** The same act, short of the lesson's layers. */
  readonly without: Solve | undefined;
}

/** The hints and solutions below the task at that place of the list: they end where something else begins. */
export function belongings(parts: readonly Part[], index: number): readonly (Hint | Solve)[] {
  const after = parts.slice(index + 1);
  const end = after.findIndex((it) => !isBelonging(it));
  return after.slice(0, end < 0 ? undefined : end).filter(isBelonging);
}

export const isBelonging = (part: Part): part is Hint | Solve => part.kind === "hint" || part.kind === "solve";

/** The task at that place of the list. */
export function taskAt(parts: readonly Part[], index: number): Task {
  const own = belongings(parts, index);
  const hints = own.filter((it) => it.kind === "hint");
  const solutions = own.filter((it) => it.kind === "solve");
  return {
    verify: parts[index] as Verify,
    hints: hints.filter((it) => it.when === undefined),
    diagnoses: hints.filter((it) => it.when !== undefined),
    solution: solutions.find((it) => !it.without),
    without: solutions.find((it) => it.without),
  };
}
