// `pause`: the container is made up to a place, and the learner looks around; in smaller steps, too, and back again.

import type { StepSize } from "../../core/stepper.ts";
import type { Part, PauseAt, Target } from "../lesson.ts";
import type { Stop } from "./container.ts";
import type { LessonContext } from "./context.ts";
import { Turn } from "./dialog.ts";

/**
 * Goes on to the place, and from there as far as the learner wants, but not beyond the next pause. `after` are the parts behind
 * it. Where they look at the container, they are about this place: it is made again, and throws a Turn for that.
 */
export async function pauseAt(ctx: LessonContext, part: PauseAt, after: readonly Part[]): Promise<void> {
  const { dialog, container } = ctx;
  const stop = await container.advance(part.target);
  tell(ctx, part, stop);
  ctx.predictions.reveal();
  if (dialog.silent) return;
  const next = after.findIndex((it) => it.kind === "pause");
  const until = next === -1 ? after : after.slice(0, next);
  const stepped = await stepAround(ctx, part, stop, (after[next] as PauseAt | undefined)?.target);
  if (stepped && until.some((it) => it.kind === "run" || it.kind === "verify")) throw new Turn("resume");
}

/** Whether it stands elsewhere in the end. */
async function stepAround(ctx: LessonContext, part: PauseAt, first: Stop, next: Target | undefined): Promise<boolean> {
  const { container, memory } = ctx;
  const passed: Stop[] = [];
  for (let stop = first; ; ) {
    const answer = await ask(ctx, part, stop, passed.length > 0);
    if (answer === "on" || (answer !== "back" && stop.pause === undefined)) return passed.length > 0;
    if (answer === "back") {
      passed.pop();
      stop = await container.back();
    } else {
      if (typeof answer === "object") memory.size = answer.size;
      if (memory.size === undefined) return passed.length > 0;
      passed.push(stop);
      stop = await container.step(memory.size);
    }
    // where the lesson goes on, it tells so itself
    if (stop.pause === undefined || isAt(stop, next)) return true;
    tell(ctx, part, stop);
  }
}

type Answer = "next" | "on" | "back" | { readonly size: StepSize | undefined };

/** `back` is a step back while there are steps, and otherwise for the lesson. */
async function ask(ctx: LessonContext, part: Part, { pause }: Stop, stepped: boolean): Promise<Answer> {
  const { held } = ctx.container;
  try {
    return await ctx.dialog.ask(part, { kind: "pause", held, pause, size: ctx.memory.size });
  } catch (error) {
    if (stepped && error instanceof Turn && error.control === "back") return "back";
    throw error;
  }
}

function tell({ dialog, container }: LessonContext, part: PauseAt, stop: Stop): void {
  dialog.tell({ kind: "pause", part, ...container.told(stop) });
}

function isAt({ pause }: Stop, target: Target | undefined): boolean {
  if (pause === undefined || target === undefined || target === "finished") return false;
  const { layer, step, call } = target;
  return (
    pause.layer === layer &&
    (step === undefined || pause.step === step) &&
    (call === undefined || pause.call.name === call)
  );
}
