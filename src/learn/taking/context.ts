// What the parts of a lesson act on: one walk through it.

import type { StepSize } from "../../core/stepper.ts";
import type { RunOptions } from "../../engine/options/index.ts";
import type { Paths } from "../../state/paths.ts";
import type { Names } from "../expect.ts";
import type { Lesson, Predict } from "../lesson.ts";
import type { LessonContainer } from "./container.ts";
import type { Dialog } from "./dialog.ts";
import type { Memory } from "./memory.ts";
import type { Predictions } from "./predictions.ts";
import type { Workbench } from "./workbench.ts";

/** What the runner cannot do by itself. */
export interface Means {
  /** The words of a lesson's `container` as options of `minidocker run`. Throws a Refusal. */
  readOptions(words: readonly string[]): RunOptions;
  /** How minidocker is called. */
  readonly command: readonly string[];
  /** Where this minidocker keeps things: the lesson's folder is there. */
  readonly paths: Paths;
}

export interface RunnerOptions {
  readonly means: Means;
  /** Each task is tried three ways, and the first thing that is untrue ends the lesson. */
  readonly auto: boolean;
  /** How far `next` goes at a pause: a size, or the lesson's next part. */
  readonly size?: StepSize | undefined;
  /** An abort ends the lesson at any moment. */
  readonly signal: AbortSignal;
  /** Questions of earlier lessons that were answered wrongly: they come first. */
  readonly recall?: readonly Predict[] | undefined;
}

export interface LessonContext {
  readonly lesson: Lesson;
  readonly options: RunnerOptions;
  readonly dialog: Dialog;
  readonly workbench: Workbench;
  /** Throws where the lesson has none. */
  readonly container: LessonContainer;
  readonly names: Names;
  readonly predictions: Predictions;
  readonly memory: Memory;
  /** Something that the lesson says is not so. With `auto`, this is the end. */
  untrue(line: number, why: string): void;
}
