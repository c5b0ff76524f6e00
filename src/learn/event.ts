// What happens in a lesson, as one stream, and what a learner is asked. The runner is headless: it tells events and asks
// questions; a terminal, a projector, a test, `--json` and the exports are all front ends of it.

import type { Check } from "../core/layer.ts";
import type { Change } from "../core/snapshot.ts";
import type { Pause, StepSize } from "../core/stepper.ts";
import type { Held } from "../engine/held.ts";
import type { Observation } from "../probes/probe.ts";
import type { Call } from "../stage/call.ts";
import type {
  Expect,
  Lesson,
  Note,
  Part,
  PauseAt,
  Predict,
  ProbeRef,
  Prose,
  Run,
  Solve,
  Source,
  Verify,
} from "./lesson.ts";

export type Event =
  | { readonly kind: "begin"; readonly lesson: Lesson; readonly folder: string; readonly envFile: string }
  | { readonly kind: "blocked"; readonly lesson: Lesson; readonly why: string }
  /**
   * The lesson goes back, or begins again, and goes on at that part; what lies before it has been done again in silence. `resume`:
   * the learner has taken the container further than the lesson, which goes on where it was. `lost`: the container was removed by
   * another command, and the lesson goes on with one that is made as it was.
   */
  | { readonly kind: "moved"; readonly how: "back" | "restart" | "resume" | "lost"; readonly part: Part }
  | { readonly kind: "prose"; readonly part: Prose }
  | { readonly kind: "note"; readonly part: Note }
  | { readonly kind: "source"; readonly part: Source; readonly text: string; readonly firstLine: number }
  | { readonly kind: "predict"; readonly part: Predict; readonly again: boolean }
  /** Told after the observation that follows the question; `choice` is what the learner chose. */
  | { readonly kind: "reveal"; readonly part: Predict; readonly choice: number; readonly right: boolean }
  | { readonly kind: "run"; readonly part: Run | Solve }
  | { readonly kind: "output"; readonly part: Run | Solve; readonly text: string; readonly status: number }
  | { readonly kind: "skipped"; readonly part: Run | Verify }
  | { readonly kind: "expect"; readonly part: Expect; readonly ok: boolean; readonly why: string | undefined }
  | { readonly kind: "verify"; readonly part: Verify; readonly ok: boolean; readonly saw: string }
  | { readonly kind: "task"; readonly part: Verify; readonly hints: number }
  | { readonly kind: "hint"; readonly text: string; readonly level: number; readonly of: number }
  | { readonly kind: "diagnosis"; readonly text: string }
  /** `already`: it was true before anybody did anything. */
  | { readonly kind: "solved"; readonly part: Verify; readonly how: "done" | "shown" | "already" }
  /** `--auto` has tried the task without the lesson's layers, or by `solve without`: it was not done by that. */
  | { readonly kind: "tested"; readonly part: Verify; readonly without: readonly string[] }
  /** The container stands still before a call, or runs (`pause` undefined). `made` and `changes` since it stood still before. */
  | {
      readonly kind: "pause";
      readonly part: PauseAt;
      readonly pause: Pause | undefined;
      readonly made: readonly Call[];
      readonly changes: readonly Change[];
      /** What the layers judge otherwise than when it stood still before. */
      readonly checks: readonly Check[];
    }
  | {
      readonly kind: "probe";
      readonly part: ProbeRef;
      readonly withAll: Observation;
      readonly without: Observation;
      readonly ok: boolean;
    }
  /** Something that the lesson says is not so: `lessons/01-uts.md:31: …`. The event before it says more. */
  | { readonly kind: "untrue"; readonly line: number; readonly message: string }
  /** What minidocker has to say of the lesson's container, once. */
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "end"; readonly ok: boolean; readonly failures: readonly string[]; readonly seconds: number };

/** Every question may be answered with one of these instead. */
export type Control = "quit" | "restart" | "back";

export type Question =
  | { readonly kind: "predict"; readonly part: Predict; readonly again: boolean }
  /** Before a script of the lesson is run. */
  | { readonly kind: "run"; readonly part: Run; readonly folder: string }
  /** `done` is aborted when the task is found to be done, however it was done: whoever asks stops asking then. */
  | { readonly kind: "task"; readonly part: Verify; readonly hintsLeft: number; readonly done: AbortSignal }
  /** `size` is the one in force: undefined, where `next` is the lesson's next part. Without `pause`, the container is finished. */
  | {
      readonly kind: "pause";
      readonly held: Held;
      readonly pause: Pause | undefined;
      readonly size: StepSize | undefined;
    }
  /** Enough to read for now. */
  | { readonly kind: "continue" };

export interface Replies {
  /** The choice's place in the list. */
  readonly predict: number | Control;
  readonly run: "run" | "skip" | Control;
  readonly task: "check" | "hint" | "solve" | "skip" | Control;
  /** `next`: on, at the size in force. `on`: to the lesson's next part. A size changes how far `next` goes, and goes. */
  readonly pause: "next" | "on" | { readonly size: StepSize | undefined } | Control;
  readonly continue: "next" | Control;
}

export type Reply<Q extends Question = Question> = Replies[Q["kind"]];

export interface Frontend {
  tell(event: Event): void;
  /** Where `over` is aborted, nobody waits for the answer any more: whoever asks stops asking, and may answer anything. */
  ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>, over?: AbortSignal): Promise<Replies[K]>;
}
