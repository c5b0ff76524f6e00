// `pause`: the container is made up to a place, and the learner looks around; in smaller steps, too, and back again.

import type { StepSize } from "../core/stepper.ts";
import type { Stop } from "./container.ts";
import type { Context } from "./context.ts";
import { Turn } from "./dialog.ts";
import type { Part, PauseAt, Target } from "./lesson.ts";

/** Goes on to the place, and from there as far as the learner wants, but not beyond `next`, where the lesson goes on. */
export async function pauseAt(ctx: Context, part: PauseAt, next: Target | undefined): Promise<void> {
  const { dialog, container } = ctx;
  const stop = await container.advance(part.target);
  tell(ctx, part, stop);
  ctx.predictions.reveal();
  if (!dialog.silent) await lookAround(ctx, part, stop, next);
}

async function lookAround(ctx: Context, part: PauseAt, first: Stop, next: Target | undefined): Promise<void> {
  const { container, memory } = ctx;
  const passed: Stop[] = [];
  for (let stop = first; ; ) {
    const answer = await ask(ctx, part, stop, passed.length > 0);
    if (answer === "on" || (answer !== "back" && stop.pause === undefined)) return;
    if (answer === "back") {
      passed.pop();
      stop = await container.back();
    } else {
      if (typeof answer === "object") memory.size = answer.size;
      if (memory.size === undefined) return;
      passed.push(stop);
      stop = await container.step(memory.size);
    }
    // where the lesson goes on, it tells so itself
    if (stop.pause === undefined || isAt(stop, next)) return;
    tell(ctx, part, stop);
  }
}

type Answer = "next" | "on" | "back" | { readonly size: StepSize };

/** `back` is a step back while there are steps, and otherwise for the lesson. */
async function ask(ctx: Context, part: Part, { pause }: Stop, stepped: boolean): Promise<Answer> {
  const { held } = ctx.container;
  try {
    return await ctx.dialog.ask(part, { kind: "pause", held, pause, size: ctx.memory.size });
  } catch (error) {
    if (stepped && error instanceof Turn && error.control === "back") return "back";
    throw error;
  }
}

function tell({ dialog, container }: Context, part: PauseAt, stop: Stop): void {
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
