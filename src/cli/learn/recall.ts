// Questions come back: those of other lessons that were answered wrongly are asked when the next one begins.

import { lessonName } from "../../learn/format/head.ts";
import type { Lesson, Predict } from "../../learn/lesson.ts";
import { lessonFiles } from "../../learn/library.ts";
import { readProgress, writeProgress } from "../../learn/progress.ts";
import { readLesson } from "../../learn/read.ts";
import type { Outcome } from "../../learn/taking/runner.ts";
import type { Paths } from "../../state/paths.ts";
import { say } from "../output.ts";

/** So many at a time: one has come for another lesson. */
const MOST = 2;

/** Questions, with the name of the lesson that each of them is from. */
export type Recalled = ReadonlyMap<Predict, string>;

/** The lesson's own questions are in it anyhow. */
export function recall(paths: Paths, { name }: Lesson): Recalled {
  const progress = readProgress(paths, say);
  const wrong = Object.entries(progress).filter(([lesson, it]) => lesson !== name && it.wrong.length > 0);
  const files = lessonFiles();
  const found = wrong.flatMap(([from, it]) => {
    const path = files.find((one) => lessonName(one) === from);
    const parts = path === undefined ? [] : (readLesson(path).lesson?.parts ?? []);
    return parts.flatMap((part) =>
      part.kind === "predict" && it.wrong.includes(part.question) ? [[part, from] as const] : [],
    );
  });
  return new Map(found.slice(0, MOST));
}

/** Writes down how it went, and which of the recalled questions need not come back any more. */
export function remember(paths: Paths, lesson: Lesson, recalled: Recalled, { how, missed }: Outcome): void {
  if (how === "blocked") return;
  const own = missed.filter((it) => !recalled.has(it)).map((it) => it.question);
  writeProgress(paths, lesson.name, { status: how === "solved" || how === "seen" ? how : "begun", wrong: own }, say);
  const progress = readProgress(paths, say);
  for (const from of new Set(recalled.values())) {
    const known = progress[from];
    if (known === undefined) continue;
    const right = [...recalled]
      .filter(([part, it]) => it === from && !missed.includes(part))
      .map(([it]) => it.question);
    const wrong = known.wrong.filter((it) => !right.includes(it));
    writeProgress(paths, from, { status: known.status, wrong }, say);
  }
}
