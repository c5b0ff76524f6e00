// The lessons that there are, and the paths through them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { nearest } from "../core/nearest.ts";
import { Refusal } from "../core/refusal.ts";
import { lessonName, type Parsed, parseLesson } from "./format/parse.ts";
import { collectProblems, describeProblems, type Problem } from "./format/problem.ts";
import { mapSchema, readYaml, textSchema } from "./format/yaml.ts";
import type { Lesson } from "./lesson.ts";
import { textRoot } from "./root.ts";

export function lessonsFolder(): string {
  return join(textRoot(), "lessons");
}

/** A file of the lessons' folder: a lesson, or what is wrong with it. */
export type LessonEntry = { readonly name: string; readonly path: string } & (
  | { readonly lesson: Lesson }
  | { readonly lesson?: undefined; readonly problems: readonly Problem[] }
);

/** In the order of their numbers; those without one come first. */
export function listLessons(folder = lessonsFolder()): LessonEntry[] {
  return lessonFiles(folder).map((path) => ({ name: lessonName(path), path, ...readLesson(path) }));
}

/** The names of the lessons, without reading them. */
export function lessonNames(folder = lessonsFolder()): string[] {
  return lessonFiles(folder).map(lessonName);
}

function lessonFiles(folder: string): string[] {
  const number = (name: string): number => Number(/^\d+/.exec(name)?.[0] ?? -1);
  return readable(() => readdirSync(folder), folder)
    .filter((it) => it.endsWith(".md") && it !== "README.md")
    .sort((a, b) => number(a) - number(b) || a.localeCompare(b))
    .map((it) => join(folder, it));
}

/** The lesson of that name, or in that file (a path with a `/` in it, or that ends with `.md`). Throws a Refusal. */
export function findLesson(nameOrFile: string, folder = lessonsFolder()): Lesson {
  const path = isFile(nameOrFile) ? nameOrFile : pathOf(nameOrFile, folder);
  const read = readLesson(path);
  if ("lesson" in read) return read.lesson;
  throw new Refusal(`this lesson cannot be taken:\n${describeProblems(path, read.problems)}`, 1);
}

/** Throws a Refusal where the file cannot be read. */
export function readLesson(path: string): Parsed {
  return parseLesson(textOf(path), path);
}

const textOf = (path: string): string => readable(() => readFileSync(path, "utf8"), path);

const isFile = (text: string): boolean => text.includes("/") || text.endsWith(".md");

function pathOf(name: string, folder: string): string {
  const files = lessonFiles(folder);
  const found = files.find((it) => lessonName(it) === name) ?? byNumber(name, files);
  if (found !== undefined) return found;
  const guess = nearest(name, files.map(lessonName));
  const hint = guess === undefined ? "minidocker learn list shows them all" : `did you mean ${guess}?`;
  throw new Refusal(`no lesson is called ${JSON.stringify(name)}; ${hint}`, 1);
}

// `01-uts`, and `1`
function byNumber(name: string, files: readonly string[]): string | undefined {
  const file = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
  return files.find(
    (it) => file(it) === `${name}.md` || (/^\d+$/.test(name) && Number.parseInt(file(it), 10) === Number(name)),
  );
}

function readable<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as { code?: string };
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "this is a folder"
          : `it cannot be read (${code})`;
    throw new Refusal(`${path}: ${why}`, 1);
  }
}

export interface Hit {
  readonly lesson: Lesson;
  /** Where a word stands in its file, and that line. */
  readonly line: number;
  readonly text: string;
}

/**
 * Of every lesson that has all the words in it, in whatever case, the lines that have any of them. Lines with more of them come
 * first, and among equals the title and the summary.
 */
export function searchLessons(words: readonly string[], folder = lessonsFolder()): Hit[] {
  const wanted = [...new Set(words.map((it) => it.toLowerCase()))];
  const wordsIn = (text: string): string[] => wanted.filter((it) => text.toLowerCase().includes(it));
  return listLessons(folder).flatMap(({ lesson, path }) => {
    if (lesson === undefined) return [];
    const lines = readFileSync(path, "utf8").split("\n");
    const hits = lines.flatMap((text, i) => {
      return wordsIn(text).length > 0 ? [{ lesson, line: i + 1, text: text.trim() }] : [];
    });
    if (new Set(hits.flatMap((it) => wordsIn(it.text))).size < wanted.length) return [];
    const rank = ({ text }: Hit): number => 2 * wordsIn(text).length + (/^(title|summary): /.test(text) ? 1 : 0);
    return hits.toSorted((a, b) => rank(b) - rank(a));
  });
}

/** Several lessons, in an order that makes sense together. */
export interface LessonPath {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Names of lessons. */
  readonly lessons: readonly string[];
}

const examples = { title: "title: A day", summary: "summary: all of it", lessons: "lessons: [processes, uts]" };

const onePath = mapSchema(
  {
    title: textSchema("title", examples.title),
    summary: textSchema("summary", examples.summary),
    lessons: v.array(
      textSchema("a lesson", examples.lessons),
      `lessons has to be a list of names → ${examples.lessons}`,
    ),
  },
  examples,
);
const pathsSchema = v.record(
  v.string(),
  onePath,
  "there are no paths → a name, and below it title, summary and lessons",
);

/** The paths of paths.yaml, in its order. Throws a Refusal with everything that is wrong in it. */
export function readPaths(folder = lessonsFolder()): LessonPath[] {
  const path = join(folder, "paths.yaml");
  const { problems, report } = collectProblems();
  const read = readYaml(pathsSchema, textOf(path), 1, report) ?? {};
  if (problems.length > 0) throw new Refusal(describeProblems(path, problems), 1);
  return Object.entries(read).map(([name, it]) => ({ name, ...it }));
}

/** The path of that name. Throws a Refusal. */
export function findPath(name: string, folder = lessonsFolder()): LessonPath {
  const paths = readPaths(folder);
  const found = paths.find((it) => it.name === name);
  if (found !== undefined) return found;
  const known = paths.map((it) => it.name);
  const guess = nearest(name, known);
  const hint = guess === undefined ? `there are ${known.join(", ")}` : `did you mean ${guess}?`;
  throw new Refusal(`no path is called ${JSON.stringify(name)}; ${hint}`, 1);
}

/** Lessons that a path names and that are not there. */
export function checkPaths(folder = lessonsFolder()): readonly Problem[] {
  const { problems, report } = collectProblems();
  const known = lessonNames(folder);
  const lines = textOf(join(folder, "paths.yaml")).split("\n");
  for (const { lessons } of readPaths(folder)) {
    for (const it of lessons.filter((one) => !known.includes(one))) {
      const line = lines.findIndex((text) => new RegExp(`(?<![\\w-])${RegExp.escape(it)}(?![\\w-])`).test(text));
      report(line + 1, `there is no lesson ${it}`, nearest(it, known) ?? `one of ${known.join(", ")}`);
    }
  }
  return problems;
}
