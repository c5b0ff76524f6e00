// What a lesson is, once it has been read: prose and fenced blocks, in the order in which a learner meets them. The
// grammar of the blocks is in docs/writing-lessons.md; src/learn/format/parse.ts reads it.

import type { Target } from "../core/stepper.ts";

export type { Target } from "../core/stepper.ts";

/** A place in the lesson's file, for messages. Lines count from 1. */
export interface At {
  readonly line: number;
}

export interface Lesson {
  /** The file's name without its number: `uts` of lessons/01-uts.md. */
  readonly name: string;
  /** Where it was read. */
  readonly path: string;
  readonly title: string;
  /** One sentence: what one can do afterwards. */
  readonly summary: string;
  readonly minutes: number;
  /** The layers, or parts of them (`namespaces.uts`), that it teaches: what is left out to show that they matter. */
  readonly layers: readonly string[];
  /** Names of src/learn/requirements.ts: what a host must offer. */
  readonly requires: readonly string[];
  /** Lessons that it builds on. */
  readonly after: readonly string[];
  /** Options and image of `minidocker run` for the lesson's own container, if it has one. */
  readonly container: readonly string[] | undefined;
  /** The line of each key of its head. */
  readonly headLines: Readonly<Record<string, number>>;
  readonly parts: readonly Part[];
}

export type Part = Prose | Predict | Run | Expect | Verify | PauseAt | Hint | Solve | ProbeRef | Source | Note;
export type PartKind = Part["kind"];

/** Markdown between two blocks; a heading begins a new one. */
export interface Prose extends At {
  readonly kind: "prose";
  readonly markdown: string;
}

/** A question before the step. One choice is right; each of the others names what one would have to believe to choose it. */
export interface Predict extends At {
  readonly kind: "predict";
  readonly question: string;
  readonly choices: readonly Choice[];
}

export interface Choice {
  readonly text: string;
  readonly right: boolean;
  /** Of a wrong choice: the misconception behind it, answered. Of the right one: why, if there is more to say. */
  readonly why: string | undefined;
}

/**
 * Where a script runs. `host`: the learner's shell, in the lesson's folder. `inside`: in the namespaces of the half-built
 * container. `container`: in the finished one, under all its layers.
 */
export type Where = "host" | "inside" | "container";

export interface Run extends At {
  readonly kind: "run";
  readonly where: Where;
  readonly script: string;
}

/** What the run before it must have printed, and its exit status. See src/learn/expect.ts. */
export interface Expect extends At {
  readonly kind: "expect";
  readonly status: number | "any";
  readonly lines: readonly string[];
}

/** Something that must be true now; with `became`, that must have been false, and that the learner makes true: a task. */
export interface Verify extends At {
  readonly kind: "verify";
  readonly title: string;
  readonly became: boolean;
  readonly test: ScriptTest | CheckTest;
}

/** Exit status 0 is true. What it prints is what was seen. */
export interface ScriptTest {
  readonly where: Exclude<Where, "inside">;
  readonly script: string;
}

/** Checks of the layers (`minidocker verify`), about the lesson's container. */
export interface CheckTest {
  readonly checks: readonly (At & { readonly id: string; readonly verdict: "yes" | "no" | "unknown" })[];
}

/** Goes on with the lesson's container until right before that place. */
export interface PauseAt extends At {
  readonly kind: "pause";
  readonly target: Target;
}

/** Belongs to the task before it. With `when`, it is a diagnosis: said only where that script exits with 0 on the host. */
export interface Hint extends At {
  readonly kind: "hint";
  readonly text: string;
  readonly when: string | undefined;
}

/** How the task before it can be done; with `without`, the same act where the lesson's layers are missing: it must not do. */
export interface Solve extends At {
  readonly kind: "solve";
  readonly where: Where;
  readonly without: boolean;
  readonly script: string;
}

/** A probe of src/probes, tried in a container with all layers and in one without some. */
export interface ProbeRef extends At {
  readonly kind: "probe";
  readonly probe: string;
  /** The layers, or parts of them, that it is tried without: the lesson's, unless it names others. */
  readonly without: readonly string[];
}

/** An excerpt of the sources, by symbol: `src/layers/namespaces.ts#make`. */
export interface Source extends At {
  readonly kind: "src";
  readonly file: string;
  readonly symbol: string;
  readonly caption: string;
}

/** For the instructor. */
export interface Note extends At {
  readonly kind: "note";
  readonly markdown: string;
}
