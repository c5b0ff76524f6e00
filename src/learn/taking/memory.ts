// What is remembered from walk to walk: the learner goes back, and what was decided before stays decided.

import type { StepSize } from "../../core/stepper.ts";
import type { Part, Predict } from "../lesson.ts";

/** What was decided at a part: the choice, whether the script was run, how the task was done. */
export type Decision = number | "run" | "skip" | "done" | "shown";

export class Memory {
  readonly decisions = new Map<Part, Decision>();
  /** Where the learner was asked: where one can go back to. */
  readonly askedAt = new Set<Part>();
  /** Line → what is untrue there. */
  readonly failures = new Map<number, string>();
  /** Questions whose answer was wrong. */
  readonly missed = new Set<Predict>();
  /** How far `next` goes at a pause; undefined: to the lesson's next part. */
  size: StepSize | undefined;

  constructor(size: StepSize | undefined) {
    this.size = size;
  }
}
