// A task: something is false, and the learner makes it true, in whatever way. The kernel is looked at again and again, so a second
// terminal is as good as this one, and there is nothing to hand in.

import type { Task } from "../task.ts";
import { becomes, judge, perform } from "./acts.ts";
import type { LessonContext } from "./context.ts";
import { Turn } from "./dialog.ts";
import { testTask } from "./three-ways.ts";
import { Watch } from "./watch.ts";

/** How long a solution may take to have its effect, in milliseconds: a container takes some seconds on a slow machine. */
const EFFECT = 20_000;

export async function doTask(ctx: LessonContext, task: Task): Promise<void> {
  const { dialog, memory } = ctx;
  const { verify, hints } = task;
  if (dialog.silent) return repeat(ctx, task);
  dialog.tell({ kind: "task", part: verify, hints: hints.length });
  if ((await judge(ctx, verify)).ok) {
    memory.decisions.set(verify, "skip");
    dialog.tell({ kind: "solved", part: verify, how: "already" });
    ctx.untrue(verify.line, `this task is done before anybody does anything: ${verify.title}`);
    return;
  }
  if (ctx.options.auto) await testTask(ctx, task);
  const how = await untilDone(ctx, task);
  memory.decisions.set(verify, how);
  if (how === "skip") dialog.tell({ kind: "skipped", part: verify });
  else dialog.tell({ kind: "solved", part: verify, how });
}

// What the learner has done in a way of their own, only the solution can do again.
async function repeat(ctx: LessonContext, task: Task): Promise<void> {
  const decision = ctx.memory.decisions.get(task.verify);
  if (decision === "skip" || decision === undefined || task.solution === undefined) return;
  await perform(ctx, task.solution.where, task.solution.script);
  await becomes(ctx, task.verify, true, EFFECT);
}

async function untilDone(ctx: LessonContext, task: Task): Promise<"done" | "shown" | "skip"> {
  const watch = new Watch(ctx, task);
  let told = 0;
  try {
    for (;;) {
      const answer = await askOrDone(ctx, task, watch, task.hints.length - told);
      if (answer === "done" || answer === "skip") return answer;
      if (answer === "check") await watch.report();
      else if (answer === "hint") {
        const hint = task.hints[told];
        if (hint === undefined) continue;
        told++;
        ctx.dialog.tell({ kind: "hint", text: hint.text, level: told, of: task.hints.length });
      } else {
        await watch.stop();
        return await show(ctx, task);
      }
    }
  } finally {
    await watch.stop();
  }
}

async function askOrDone(ctx: LessonContext, task: Task, watch: Watch, hintsLeft: number) {
  if (watch.done.aborted) return "done";
  const part = task.verify;
  const asking = ctx.dialog.ask(part, { kind: "task", part, hintsLeft, done: watch.done });
  const found = Promise.withResolvers<"done">();
  const onDone = (): void => found.resolve("done");
  watch.done.addEventListener("abort", onDone);
  watch.failed.catch(found.reject);
  try {
    const answer = await Promise.race([asking, found.promise]);
    // one question at a time: the front end stops asking when it hears that it is done
    if (answer === "done") await asking.catch(ignoreTurn);
    return answer;
  } finally {
    watch.done.removeEventListener("abort", onDone);
  }
}

function ignoreTurn(error: unknown): void {
  if (!(error instanceof Turn)) throw error;
}

async function show(ctx: LessonContext, { verify, solution }: Task): Promise<"shown"> {
  if (solution === undefined) throw new Turn("back");
  ctx.dialog.tell({ kind: "run", part: solution });
  const { output, status } = await perform(ctx, solution.where, solution.script);
  ctx.dialog.tell({ kind: "output", part: solution, text: output, status });
  if (!(await becomes(ctx, verify, true, EFFECT))) {
    const { saw } = await judge(ctx, verify);
    const seen = [output.trimEnd(), saw].filter(Boolean).map((it) => `\n  ${it.replaceAll("\n", "\n  ")}`);
    ctx.untrue(solution.line, `the solution does not make it true: ${verify.title}${seen.join("")}`);
  }
  return "shown";
}
