// Lessons' files for tests, and what is said about them.

import { parseLesson } from "../../src/learn/format/parse.ts";
import { describeProblems } from "../../src/learn/format/problem.ts";
import type { Lesson } from "../../src/learn/lesson.ts";

export const head = `---
title: A hostname of its own
summary: tell a view from a protection
minutes: 10
layers: [namespaces.uts]
requires: [userns]
container: --hostname "a b" base
---
`;
const HEAD_LINES = head.split("\n").length - 1;

export const fence = (info: string, body: string): string => `\`\`\`${info}\n${body === "" ? "" : `${body}\n`}\`\`\`\n`;

export function lesson(text: string, path = "lessons/01-uts.md"): Lesson {
  const read = parseLesson(text, path);
  if ("problems" in read) throw new Error(describeProblems(path, read.problems));
  return read.lesson;
}

/** `line: reason; write instead: remedy`, the lines counted from the first below the head. */
export function problems(body: string, top = head): string[] {
  const read = parseLesson(top + body, "x.md");
  if ("lesson" in read) return [];
  return read.problems.map(
    (it) => `${it.line - (top === head ? HEAD_LINES : 0)}: ${it.reason}; write instead: ${it.remedy}`,
  );
}

export const predict = fence(
  "predict",
  'question: What?\nchoices:\n  - text: A\n    right: true\n  - text: B\n    why: "b: no"',
);
export const task = fence("verify host became", "# it is done\ntest -e done");
export const solution = fence("solve host", "touch done");
