// One walk through a lesson, from its first part on: in silence up to the part at which it is to go on, and aloud from there.

import type { Expect, Part, PartKind } from "../lesson.ts";
import { excerpt } from "../source.ts";
import { taskAt } from "../task.ts";
import { run, verify } from "./acts.ts";
import type { LessonContext } from "./context.ts";
import { pauseAt } from "./pauses.ts";
import { tryProbe } from "./probes.ts";
import { doTask } from "./tasks.ts";

/** Walks to the end. `onPart` hears of each part before it is begun. Throws a Turn where the learner wants to be elsewhere. */
export async function walk(ctx: LessonContext, start: Part | undefined, onPart: (part: Part) => void): Promise<void> {
  const { lesson, dialog } = ctx;
  const { parts } = lesson;
  const from = start === undefined ? 0 : parts.indexOf(start);
  // whether there was a question since the last text
  let asked = true;
  for (const [i, part] of parts.entries()) {
    dialog.signal.throwIfAborted();
    dialog.silent = i < from;
    onPart(part);
    // what has been read comes before what follows it
    if ((part.kind === "prose" || part.kind === "pause") && !asked && !dialog.silent)
      await dialog.ask(part, { kind: "continue" });
    await (acts[part.kind] as Act<PartKind>)(ctx, part, i);
    if (part.kind === "prose") asked = false;
    else asked ||= part.kind !== "note" && part.kind !== "src";
  }
  dialog.silent = false;
  ctx.predictions.reveal();
}

type Act<K extends PartKind> = (
  ctx: LessonContext,
  part: Extract<Part, { kind: K }>,
  index: number,
) => Promise<void> | void;

/** What each part does, when its turn comes. */
const acts: { readonly [K in PartKind]: Act<K> } = {
  prose: ({ dialog }, part) => dialog.tell({ kind: "prose", part }),
  note: ({ dialog }, part) => dialog.tell({ kind: "note", part }),
  src: ({ dialog }, part) => dialog.tell({ kind: "source", part, ...excerpt(part.file, part.symbol) }),
  predict: ({ predictions }, part) => predictions.ask(part),
  run: (ctx, part, index) => run(ctx, part, expectAfter(ctx.lesson.parts, index)),
  verify: (ctx, part, index) => (part.became ? doTask(ctx, taskAt(ctx.lesson.parts, index)) : verify(ctx, part)),
  pause: (ctx, part, index) => pauseAt(ctx, part, ctx.lesson.parts.slice(index + 1)),
  probe: tryProbe,
  // these belong to the run or the task above them
  expect: () => {},
  hint: () => {},
  solve: () => {},
};

function expectAfter(parts: readonly Part[], index: number): Expect | undefined {
  const next = parts[index + 1];
  return next?.kind === "expect" ? next : undefined;
}
