// One walk through a lesson, from its first part on: in silence up to the part at which it is to go on, and aloud from there.

import type { Expect, Part } from "../lesson.ts";
import { excerpt } from "../source.ts";
import { taskAt } from "../task.ts";
import { run, verify } from "./acts.ts";
import type { Context } from "./context.ts";
import { pauseAt } from "./pauses.ts";
import { tryProbe } from "./probes.ts";
import { doTask } from "./tasks.ts";

/** Walks to the end. `onPart` hears of each part before it is begun. Throws a Turn where the learner wants to be elsewhere. */
export async function walk(ctx: Context, start: Part | undefined, onPart: (part: Part) => void): Promise<void> {
  const { lesson, dialog } = ctx;
  const { parts } = lesson;
  const from = start === undefined ? 0 : parts.indexOf(start);
  // whether there was a question since the last text
  let asked = true;
  for (const [i, part] of parts.entries()) {
    dialog.signal.throwIfAborted();
    dialog.silent = i < from;
    onPart(part);
    if (part.kind === "prose") {
      if (!asked && !dialog.silent) await dialog.ask(part, { kind: "continue" });
      dialog.tell({ kind: "prose", part });
      asked = false;
    } else {
      // what has been read about it comes before it
      if (part.kind === "pause" && !asked && !dialog.silent) await dialog.ask(part, { kind: "continue" });
      await take(ctx, part, i);
      asked ||= part.kind !== "note" && part.kind !== "src";
    }
  }
  dialog.silent = false;
  ctx.predictions.reveal();
}

async function take(ctx: Context, part: Part, index: number): Promise<void> {
  const { dialog, lesson } = ctx;
  const after = lesson.parts.slice(index + 1);
  if (part.kind === "predict") await ctx.predictions.ask(part);
  else if (part.kind === "run") await run(ctx, part, expectOf(after));
  else if (part.kind === "verify") {
    if (part.became) await doTask(ctx, taskAt(lesson.parts, index));
    else await verify(ctx, part);
  } else if (part.kind === "pause") await pauseAt(ctx, part, after);
  else if (part.kind === "probe") await tryProbe(ctx, part);
  else if (part.kind === "src") dialog.tell({ kind: "source", part, ...excerpt(part.file, part.symbol) });
  else if (part.kind === "note") dialog.tell({ kind: "note", part });
}

/** What the run before these parts must print. */
function expectOf(after: readonly Part[]): Expect | undefined {
  const act = after.find((it) => it.kind !== "prose" && it.kind !== "note");
  return act?.kind === "expect" ? act : undefined;
}
