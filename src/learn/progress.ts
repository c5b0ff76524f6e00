// What somebody has done so far: data/learn/progress.json. It is only a convenience, so nothing about it stops a lesson: a file
// that cannot be understood is kept aside and told about.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import * as v from "valibot";
import { replaceFile } from "../state/files.ts";
import { withLock } from "../state/lock.ts";
import type { Paths } from "../state/paths.ts";
import { errnoOf, Refusal } from "../state/refusal.ts";

const lessonSchema = v.object({
  /** `seen`: taken to its end, with a solution shown or a task skipped. `solved`: everything by oneself. */
  status: v.picklist(["begun", "seen", "solved"]),
  /** ISO 8601. */
  when: v.string(),
  /** Questions that were answered wrongly, by their text: they come back. */
  wrong: v.array(v.string()),
});

const schema = v.object({ version: v.literal(1), lessons: v.record(v.string(), lessonSchema) });

export type LessonProgress = v.InferOutput<typeof lessonSchema>;
/** By the lesson's name. */
export type Progress = Readonly<Record<string, LessonProgress>>;

/** Empty where nothing was done yet. `tell` hears of a file that is damaged, which is then out of the way. */
export function readProgress(paths: Paths, tell: (message: string) => void): Progress {
  const file = fileOf(paths);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (errnoOf(error) !== "ENOENT")
      tell(`${file} cannot be read (${errnoOf(error)}): what you have done so far is not shown`);
    return {};
  }
  const read = v.safeParse(schema, parsed(text));
  if (read.success) return read.output.lessons;
  const aside = `${file}.damaged`;
  try {
    renameSync(file, aside);
    tell(`${file} is damaged: it is kept as ${aside}, and progress begins anew`);
  } catch {
    tell(`${file} is damaged: what you have done so far is not shown`);
  }
  return {};
}

/** What was done in a lesson: what was solved once stays solved. Throws a Refusal where it cannot be written. */
export function writeProgress(
  paths: Paths,
  name: string,
  { status, wrong }: Pick<LessonProgress, "status" | "wrong">,
  tell: (message: string) => void,
): void {
  makeFolder(paths);
  withLock(lockOf(paths), () => {
    const before = readProgress(paths, tell);
    save(paths, { ...before, [name]: merged(before[name], { status, wrong }) });
  });
}

function merged(
  known: LessonProgress | undefined,
  { status, wrong }: Pick<LessonProgress, "status" | "wrong">,
): LessonProgress {
  const rank = (it: LessonProgress["status"]): number => ["begun", "seen", "solved"].indexOf(it);
  const better = known !== undefined && rank(known.status) > rank(status) ? known.status : status;
  return { status: better, when: new Date().toISOString(), wrong: [...new Set(wrong)] };
}

/** Forgets one lesson, or all. Returns the names of what was forgotten. */
export function resetProgress(paths: Paths, name: string | undefined, tell: (message: string) => void): string[] {
  if (!existsSync(folderOf(paths))) return [];
  return withLock(lockOf(paths), () => {
    const before = readProgress(paths, tell);
    const forgotten = Object.keys(before).filter((it) => name === undefined || it === name);
    if (name === undefined) rmSync(fileOf(paths), { force: true });
    else if (forgotten.length > 0)
      save(paths, Object.fromEntries(Object.entries(before).filter(([it]) => it !== name)));
    return forgotten;
  });
}

const folderOf = ({ data }: Paths): string => `${data}/learn`;
const fileOf = (paths: Paths): string => `${folderOf(paths)}/progress.json`;
/** Two terminals may end their lessons at the same time, or one may forget what the other has just done. */
const lockOf = (paths: Paths): string => `${folderOf(paths)}/lock`;

function makeFolder(paths: Paths): void {
  const folder = folderOf(paths);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Refusal(`${folder} cannot be made (${errnoOf(error)})`, 1);
  }
}

function save(paths: Paths, lessons: Progress): void {
  replaceFile(fileOf(paths), `${JSON.stringify({ version: 1, lessons }, undefined, 2)}\n`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
