// The lessons that there are, and the paths through them: what can be told of them by their names and heads. A whole lesson is read
// by read.ts.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { nearest } from "../core/nearest.ts";
import { Refusal } from "../core/refusal.ts";
import { type Head, lessonName, openLesson } from "./format/head.ts";
import { collectProblems, describeProblems, type Problem } from "./format/problem.ts";
import { mapSchema, readYaml, textSchema } from "./format/yaml.ts";
import { textRoot } from "./root.ts";

export function lessonsFolder(): string {
  return join(textRoot(), "lessons");
}

/** A file of the lessons' folder, by its head. Without one it cannot be taken: then there are problems. */
export interface Shelved {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly head: Head | undefined;
  readonly problems: readonly Problem[];
}

/** In the order of `lessonFiles`. Nothing is read of them but their heads, as that takes a twentieth of the time. */
export function shelf(folder = lessonsFolder()): Shelved[] {
  return lessonFiles(folder).map((path) => {
    const { problems, report } = collectProblems();
    const { text, head } = openLesson(textOf(path), report);
    return { name: lessonName(path), path, text, head, problems };
  });
}

/** The names of the lessons, without reading them. */
export function lessonNames(folder = lessonsFolder()): string[] {
  return lessonFiles(folder).map(lessonName);
}

/** In the order of their numbers; those without one come first. */
export function lessonFiles(folder = lessonsFolder()): string[] {
  const number = (name: string): number => Number(/^\d+/.exec(name)?.[0] ?? -1);
  return readable(() => readdirSync(folder), folder)
    .filter((it) => it.endsWith(".md") && it !== "README.md")
    .sort((a, b) => number(a) - number(b) || a.localeCompare(b))
    .map((it) => join(folder, it));
}

/** Throws a Refusal where the file cannot be read. */
export const textOf = (path: string): string => readable(() => readFileSync(path, "utf8"), path);

/** Where the lesson of that name, or of that number, is. Throws a Refusal. */
export function pathOf(name: string, folder = lessonsFolder()): string {
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
  /** The lesson's name and title. */
  readonly name: string;
  readonly title: string;
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
  return shelf(folder).flatMap(({ name, head, text: all }) => {
    if (head === undefined) return [];
    const { title } = head;
    const hits = all.split("\n").flatMap((text, i) => {
      return wordsIn(text).length > 0 ? [{ name, title, line: i + 1, text: text.trim() }] : [];
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
