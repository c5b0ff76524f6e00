// A lesson as a stream for programs: a JSON object a line, for each event. Keys are those of src/learn/event.ts; calls are as
// strace prints them, and of the lesson only its head is told.

import type { Pause } from "../../core/stepper.ts";
import type { Event } from "../../learn/event.ts";
import type { Lesson } from "../../learn/lesson.ts";
import type { Call } from "../../stage/call.ts";
import { showResult } from "../../stage/trace.ts";

export function jsonLine(event: Event): string {
  return `${JSON.stringify(shape(event))}\n`;
}

function shape(event: Event): object {
  if (event.kind === "begin" || event.kind === "blocked") return { ...event, lesson: head(event.lesson) };
  if (event.kind !== "pause") return event;
  const { pause, made } = event;
  return { ...event, pause: pause && place(pause), made: made.map(call) };
}

const head = ({ parts, ...rest }: Lesson): object => ({ ...rest, parts: parts.length });

const place = ({ layer, step, size, pid, call: next, snapshot }: Pause): object => ({
  layer,
  step,
  size,
  pid,
  next: { role: next.role, call: next.show(), source: next.source },
  snapshot: Object.fromEntries(snapshot),
});

const call = (it: Call): object => ({ ...it.origin, role: it.role, call: it.show(), result: showResult(it) });
