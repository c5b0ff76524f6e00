// Somebody who takes a lesson, for tests: answers come from a list or from functions, and everything that was told is kept.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readContainer } from "../../src/cli/learn/container.ts";
import type { Event, Frontend, Question } from "../../src/learn/event.ts";
import { parseLesson } from "../../src/learn/format/parse.ts";
import { describeProblems } from "../../src/learn/format/problem.ts";
import { type Outcome, runLesson } from "../../src/learn/taking/runner.ts";
import type { Paths } from "../../src/state/paths.ts";

type Kind = Question["kind"];
type Asked<K extends Kind> = Extract<Question, { kind: K }>;
/** For each kind of question, what is answered: the same each time, or one after the other, or as a function says. */
export type Answers = { readonly [K in Kind]?: unknown[] | ((question: Asked<K>) => unknown) };

const usual: { readonly [K in Kind]: (question: Asked<K>) => unknown } = {
  predict: ({ part }) => part.choices.findIndex((it) => it.right),
  run: () => "run",
  task: () => "solve",
  pause: () => "on",
  continue: () => "next",
};

export class Learner implements Frontend {
  readonly events: Event[] = [];
  /** Kinds of the questions, in their order. */
  readonly asked: Kind[] = [];
  readonly #answers: Answers;

  constructor(answers: Answers = {}) {
    this.#answers = answers;
  }

  tell(event: Event): void {
    this.events.push(event);
  }

  async ask<K extends Kind>(question: Asked<K>): Promise<never> {
    this.asked.push(question.kind);
    const given = this.#answers[question.kind] as unknown[] | ((question: Asked<K>) => unknown) | undefined;
    const own = typeof given === "function" ? await given(question) : given?.shift();
    return (own ?? (usual[question.kind] as (question: Asked<K>) => unknown)(question)) as never;
  }

  /** The events of one kind. */
  told<K extends Event["kind"]>(kind: K): Extract<Event, { kind: K }>[] {
    return this.events.filter((it): it is Extract<Event, { kind: K }> => it.kind === kind);
  }

  /** What the scripts have printed. */
  get outputs(): string[] {
    return this.told("output").map((it) => it.text);
  }
}

/** Lessons' folders that are still there. */
export function leftBehind({ data }: Paths): string[] {
  const folder = join(data, "lessons");
  return existsSync(folder) ? readdirSync(folder) : [];
}

const repository = join(import.meta.dir, "../..");

export interface TakeOptions {
  readonly auto?: boolean;
  readonly signal?: AbortSignal;
  readonly head?: string;
}

/** Takes a lesson whose text is in the test, with its folder below `paths.data`. */
export async function take(
  text: string,
  learner: Learner,
  paths: Paths,
  { auto = false, signal = new AbortController().signal, head = "" }: TakeOptions = {},
): Promise<Outcome> {
  const source = `---\ntitle: A test\nsummary: test\nminutes: 1\n${head === "" ? "layers: []\n" : head}---\n${text}`;
  const read = parseLesson(source, "test.md");
  if (read.lesson === undefined) throw new Error(describeProblems("test.md", read.problems));
  const command = [process.execPath, join(repository, "src/main.ts")];
  const means = { readOptions: readContainer, command, paths };
  return runLesson(read.lesson, learner, { means, auto, signal });
}
