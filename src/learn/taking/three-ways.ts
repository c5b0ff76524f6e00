// A task proves something only if it fails without the lesson's layer. So `--auto` does it three ways: nothing is done, and it is
// false; the same act is done without the layer, and it still is (the counterproof); the solution makes it true.

import type { Task } from "../task.ts";
import { becomes, perform } from "./acts.ts";
import type { LessonContext } from "./context.ts";

/** How long to wait for something that must not happen, in milliseconds. */
const PATIENCE = 600;
/** How long it may take until what has ended is no longer to be seen. */
const END = 10_000;

/** The counterproof; the task has just been found undone, and is so afterwards. */
export async function testTask(ctx: LessonContext, { verify, solution, without }: Task): Promise<void> {
  const { lesson, workbench, dialog } = ctx;
  const act = without ?? solution;
  if (act === undefined || (without === undefined && lesson.layers.length === 0)) return;
  // in a container without namespaces, that would be the host, and nothing would bind the script there
  if (without === undefined && act.where === "inside") return;
  const left = without === undefined ? lesson.layers : [];
  const remade = left.length > 0 && lesson.container !== undefined && act.where !== "host";
  const counterproof = `${verify.line}`;
  if (remade) await ctx.container.remake(left);
  const before = workbench.containers;
  try {
    // nothing of it is kept for the scripts that follow
    if (act.where === "host") await workbench.look(act.script, { signal: dialog.signal, without: left, counterproof });
    else await perform(ctx, act.where, act.script);
    if (await becomes(ctx, verify, true, PATIENCE))
      ctx.untrue(
        act.line,
        `it is true without ${lesson.layers.join(", ") || "what the lesson is about"}: ${verify.title}`,
      );
  } finally {
    await workbench.endCounterproof(counterproof, before);
    if (remade) await ctx.container.remake([]);
  }
  if (!(await becomes(ctx, verify, false, END)))
    ctx.untrue(act.line, `what was tried without the layer leaves it true: ${verify.title}`);
  dialog.tell({ kind: "tested", part: verify, without: lesson.layers });
}
