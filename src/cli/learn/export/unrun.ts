// A lesson as events, without running it: what it says, asks and would run.

import type { Event } from "../../../learn/event.ts";
import type { Lesson, Part, Predict } from "../../../learn/lesson.ts";
import { excerpt } from "../../../learn/source.ts";
import { taskAt } from "../../../learn/task.ts";

export function eventsOf(lesson: Lesson): Event[] {
  const events: Event[] = [{ kind: "begin", lesson, folder: "", envFile: "" }];
  const open: Predict[] = [];
  for (const [i, part] of lesson.parts.entries()) {
    if (part.kind === "predict") open.push(part);
    events.push(...eventsAt(part, lesson.parts, i));
    if (part.kind === "run" || part.kind === "pause") events.push(...open.splice(0).map(answer));
  }
  return [...events, ...open.map(answer)];
}

const answer = (part: Predict): Event => {
  return { kind: "reveal", part, choice: part.choices.findIndex((it) => it.right), right: true };
};

function eventsAt(part: Part, parts: readonly Part[], index: number): Event[] {
  switch (part.kind) {
    case "prose":
      return [{ kind: "prose", part }];
    case "src":
      return [{ kind: "source", part, ...excerpt(part.file, part.symbol) }];
    case "predict":
      return [{ kind: "predict", part, again: false }];
    case "run":
      return [{ kind: "run", part }];
    case "verify":
      return part.became ? taskEvents(parts, index) : [];
    default:
      return [];
  }
}

function taskEvents(parts: readonly Part[], index: number): Event[] {
  const { verify, hints, solution } = taskAt(parts, index);
  return [
    { kind: "task", part: verify, hints: hints.length },
    ...hints.map(({ text }, i): Event => ({ kind: "hint", text, level: i + 1, of: hints.length })),
    ...(solution === undefined ? [] : [{ kind: "run", part: solution } satisfies Event]),
  ];
}
