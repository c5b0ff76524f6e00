// Whole lessons: from a name or a file to what can be taken.

import { Refusal } from "../core/refusal.ts";
import { lessonName } from "./format/head.ts";
import { type Parsed, parseLesson } from "./format/parse.ts";
import { describeProblems } from "./format/problem.ts";
import type { Lesson } from "./lesson.ts";
import { lessonFiles, lessonsFolder, pathOf, textOf } from "./library.ts";

/** A file of the lessons' folder: a lesson, or what is wrong with it. */
export type LessonEntry = { readonly name: string; readonly path: string } & Parsed;

/** In the order of their numbers; those without one come first. */
export function readLessons(folder = lessonsFolder()): LessonEntry[] {
  return lessonFiles(folder).map((path) => ({ name: lessonName(path), path, ...readLesson(path) }));
}

/** The lesson of that name, or in that file (a path with a `/` in it, or that ends with `.md`). Throws a Refusal. */
export function findLesson(nameOrFile: string, folder = lessonsFolder()): Lesson {
  const path = isFile(nameOrFile) ? nameOrFile : pathOf(nameOrFile, folder);
  const read = readLesson(path);
  if (read.lesson !== undefined) return read.lesson;
  throw new Refusal(`this lesson cannot be taken:\n${describeProblems(path, read.problems)}`, 1);
}

/** Throws a Refusal where the file cannot be read. */
export function readLesson(path: string): Parsed {
  return parseLesson(textOf(path), path);
}

const isFile = (text: string): boolean => text.includes("/") || text.endsWith(".md");
