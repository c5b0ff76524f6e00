// Taking a lesson: which front end shows it, what is written down of it, and the exit code.

import { Refusal } from "../../core/refusal.ts";
import type { Frontend } from "../../learn/event.ts";
import type { Lesson } from "../../learn/lesson.ts";
import { findPath, type LessonPath, readPaths } from "../../learn/library.ts";
import { onlyLayer } from "../../learn/one-layer.ts";
import { readProgress } from "../../learn/progress.ts";
import { findLesson } from "../../learn/read.ts";
import type { Means, RunnerOptions } from "../../learn/taking/context.ts";
import { type Outcome, runLesson } from "../../learn/taking/runner.ts";
import { openPaths } from "../../state/paths.ts";
import { interruptible } from "../interrupts.ts";
import { print, say } from "../output.ts";
import { isTerminal } from "../style.ts";
import { unattended } from "./auto.ts";
import { readContainer } from "./container.ts";
import { jsonLine } from "./json.ts";
import { describeLessons } from "./list.ts";
import type { LearnValues } from "./options.ts";
import { plainText, shortBegin } from "./plain.ts";
import { type Recalled, recall, remember } from "./recall.ts";

const STDIN = 0;
const STDOUT = 1;

export async function takeLesson(nameOrFile: string, values: LearnValues): Promise<number> {
  const lesson = findLesson(nameOrFile);
  return interruptible((signal) => takeAll([lesson], values, signal));
}

export async function takePath(name: string, values: LearnValues): Promise<number> {
  const path = findPath(name);
  const lessons = (isAttended(values) ? ahead(path) : path.lessons).map((it) => findLesson(it));
  return interruptible((signal) => takeAll(lessons, values, signal));
}

/** The part of `learn container` that is about one layer, in small steps. */
export async function takeLayer(name: string, values: LearnValues): Promise<number> {
  const lesson = onlyLayer(findLesson("container"), name);
  return interruptible(async (signal) => {
    const { failures } = await take(lesson, values, signal, { size: "step" });
    return failures.length > 0 ? 1 : 0;
  });
}

export async function takeFromMenu(values: LearnValues): Promise<number> {
  if (!isAttended(values))
    throw new Refusal(
      "learn shows a menu, and this is no terminal: name a LESSON; minidocker learn list shows them",
      1,
    );
  const { menu } = await import("./terminal/menu.ts");
  const numbered = isAccessible(values) || values.plain;
  return interruptible(async (signal) => {
    let last: string | undefined;
    let notice: string | undefined;
    let code = 0;
    const search = { text: "" };
    for (;;) {
      const listed = await describeLessons();
      const chosen = await menu(listed, readPaths(), { numbered, signal, last, notice, search });
      signal.throwIfAborted();
      if (chosen === undefined) return code;
      const names = "path" in chosen ? ahead(chosen.path) : [chosen.lesson];
      last = names[0];
      const blocked = "path" in chosen ? undefined : listed.find((it) => it.name === chosen.lesson)?.blocked;
      notice = blocked && `${last} is blocked: ${blocked}.`;
      if (notice !== undefined) continue;
      search.text = "";
      const lessons = names.map((it) => findLesson(it));
      code = Math.max(code, await takeAll(lessons, values, signal));
    }
  });
}

/** Of a path, what has not been done yet: nobody takes all of it at once. All of it, once it is done. */
function ahead({ title, lessons: names }: LessonPath): readonly string[] {
  const progress = readProgress(openPaths(), say);
  const left = names.filter((it) => (progress[it]?.status ?? "begun") === "begun");
  const again = left.length === 0 ? ", and it begins anew" : "";
  print(`${title}: ${names.length - left.length} of ${names.length} lessons are done${again}.\n\n`);
  return left.length === 0 ? names : left;
}

/** Lesson after lesson, until the learner quits; where one is blocked, or fails, the others are taken all the same. */
async function takeAll(lessons: readonly Lesson[], values: LearnValues, signal: AbortSignal): Promise<number> {
  let failed = false;
  for (const lesson of lessons) {
    const { how, failures } = await take(lesson, values, signal);
    failed ||= failures.length > 0;
    if (how === "quit") break;
  }
  return failed ? 1 : 0;
}

async function take(
  lesson: Lesson,
  values: LearnValues,
  signal: AbortSignal,
  more: Pick<RunnerOptions, "size"> = {},
): Promise<Outcome> {
  const means = lessonMeans();
  const attended = isAttended(values);
  const frontend = await chooseFrontend(values, attended, signal);
  // what the speaker has done is nothing for the room, and one layer of a lesson is not the lesson
  const own = attended && !values.present && more.size === undefined;
  const recalled: Recalled = own ? recall(means.paths, lesson) : new Map();
  const options = { means, auto: values.auto, signal, recall: [...recalled.keys()], ...more };
  const outcome = await runLesson(lesson, frontend, options);
  if (own) remember(means.paths, lesson, recalled, outcome);
  return outcome;
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
  if (!attended && !values.auto) say("there is no terminal: the lesson runs through without asking");
  if (!attended) return unattended((event) => print(event.kind === "begin" ? shortBegin(event) : plainText(event)));
  const { TerminalFrontend } = await import("./terminal/front-end.ts");
  const speaker = values.present ? new (await import("./terminal/speaker.ts")).Speaker() : undefined;
  return new TerminalFrontend({ accessible: isAccessible(values), plain: values.plain, speaker, signal });
}

/** `ACCESSIBLE` is what @clack/prompts, and others, listen to. */
function isAccessible({ accessible }: LearnValues): boolean {
  return accessible || !["", "0", "false"].includes(process.env["ACCESSIBLE"] ?? "");
}
