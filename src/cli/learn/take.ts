// Taking a lesson: which front end shows it, what is written down of it, and the exit code.

import { Refusal } from "../../core/refusal.ts";
import type { Means, RunnerOptions } from "../../learn/context.ts";
import type { Frontend } from "../../learn/event.ts";
import type { Lesson, Predict } from "../../learn/lesson.ts";
import { findLesson, readPaths } from "../../learn/library.ts";
import { onlyLayer } from "../../learn/one-layer.ts";
import { readProgress, writeProgress } from "../../learn/progress.ts";
import { type Outcome, runLesson } from "../../learn/runner.ts";
import { openPaths } from "../../state/paths.ts";
import { print, status } from "../output.ts";
import { isTerminal } from "../style.ts";
import { unattended } from "./auto.ts";
import { readContainer } from "./container.ts";
import { interruptible } from "./interrupts.ts";
import { jsonLine } from "./json.ts";
import { describeLessons } from "./list.ts";
import type { LearnValues } from "./options.ts";
import { plainText } from "./plain.ts";

const STDIN = 0;
const STDOUT = 1;

export async function takeLesson(nameOrFile: string, values: LearnValues): Promise<number> {
  const lesson = findLesson(nameOrFile);
  return interruptible((signal) => take(lesson, values, signal));
}

/** Lesson after lesson; where one is blocked, or fails, the others are taken all the same. */
export async function takePath(name: string, values: LearnValues): Promise<number> {
  const paths = readPaths();
  const found = paths.find((it) => it.name === name);
  if (found === undefined)
    throw new Refusal(
      `no path is called ${JSON.stringify(name)}; there are ${paths.map((it) => it.name).join(", ")}`,
      1,
    );
  const lessons = found.lessons.map((it) => findLesson(it));
  return interruptible(async (signal) => {
    let code = 0;
    for (const lesson of lessons) code = Math.max(code, await take(lesson, values, signal));
    return code;
  });
}

/** The part of `learn container` that is about one layer, in small steps. */
export async function takeLayer(name: string, values: LearnValues): Promise<number> {
  const lesson = onlyLayer(findLesson("container"), name);
  return interruptible((signal) => take(lesson, values, signal, { size: "step" }));
}

export async function takeFromMenu(values: LearnValues): Promise<number> {
  if (!isAttended(values))
    throw new Refusal(
      "learn shows a menu, and this is no terminal: name a LESSON; minidocker learn list shows them",
      1,
    );
  const { menu } = await import("./menu.ts");
  const numbered = isAccessible(values) || values.plain;
  return interruptible(async (signal) => {
    let last: string | undefined;
    let code = 0;
    for (;;) {
      const chosen = await menu(await describeLessons(), readPaths(), { numbered, signal, last });
      signal.throwIfAborted();
      if (chosen === undefined) return code;
      const names = "path" in chosen ? chosen.path.lessons : [chosen.lesson];
      last = names[0];
      for (const name of names) code = Math.max(code, await take(findLesson(name), values, signal));
    }
  });
}

/** Takes it, and returns the exit code. */
async function take(
  lesson: Lesson,
  values: LearnValues,
  signal: AbortSignal,
  more: Pick<RunnerOptions, "size"> = {},
): Promise<number> {
  const means = lessonMeans();
  const attended = isAttended(values);
  const frontend = await chooseFrontend(values, attended, signal);
  const progress = readProgress(means.paths, status);
  const recall = attended ? recalled(lesson, progress[lesson.name]?.wrong ?? []) : [];
  const outcome = await runLesson(lesson, frontend, { means, auto: values.auto, signal, recall, ...more });
  if (attended) remember(lesson, outcome);
  return outcome.failures.length > 0 ? 1 : 0;
}

/** What a lesson needs of this minidocker. */
export function lessonMeans(): Means {
  return { readOptions: readContainer, command: [process.execPath, ...ownScript()], paths: openPaths() };
}

/** From source, minidocker is Bun with a script. */
function ownScript(): string[] {
  return Bun.isStandaloneExecutable ? [] : [Bun.main];
}

/** Whether there is somebody who can answer. */
function isAttended({ auto, json }: LearnValues): boolean {
  return !auto && !json && isTerminal(STDIN) && isTerminal(STDOUT);
}

async function chooseFrontend(values: LearnValues, attended: boolean, signal: AbortSignal): Promise<Frontend> {
  if (values.json) return unattended((event) => print(jsonLine(event)));
  if (!attended && !values.auto) status("there is no terminal: the lesson runs through without asking");
  if (!attended) return unattended((event) => print(plainText(event)));
  const { TerminalFrontend } = await import("./terminal.ts");
  const speaker = values.present ? new (await import("./speaker.ts")).Speaker() : undefined;
  return new TerminalFrontend({ accessible: isAccessible(values), plain: values.plain, speaker, signal });
}

/** `ACCESSIBLE` is what @clack/prompts, and others, listen to. */
function isAccessible({ accessible }: LearnValues): boolean {
  return accessible || !["", "0", "false"].includes(process.env["ACCESSIBLE"] ?? "");
}

/** Questions of this lesson whose answer was wrong the last time. */
function recalled({ parts }: Lesson, wrong: readonly string[]): Predict[] {
  return parts.filter((it): it is Predict => it.kind === "predict" && wrong.includes(it.question));
}

function remember(lesson: Lesson, { how, missed }: Outcome): void {
  if (how === "blocked") return;
  const wrong = missed.map((it) => it.question);
  const reached = how === "solved" || how === "seen" ? how : "begun";
  writeProgress(openPaths(), lesson.name, { status: reached, wrong }, status);
}
