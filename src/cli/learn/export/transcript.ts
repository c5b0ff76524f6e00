// The transcript that an export is made of: the lesson, and what was observed when it was run here. What happened is kept by the
// line of the part that it happened at, so an export follows the lesson, also where the run did not come to its end.

import type { Event, Frontend } from "../../../learn/event.ts";
import type { Lesson, Part } from "../../../learn/lesson.ts";
import { runLesson } from "../../../learn/taking/runner.ts";
import { unattended } from "../auto.ts";
import { plainText } from "../plain.ts";
import { type ShownPause, shownPause } from "../shown-pause.ts";
import { lessonMeans } from "../take.ts";

export interface Entry {
  /** Milliseconds since the beginning. */
  readonly at: number;
  readonly event: Event;
  /** As a terminal shows it. */
  readonly text: string;
  readonly pause: ShownPause | undefined;
}

export interface Transcript {
  readonly lesson: Lesson;
  readonly told: readonly Entry[];
  /** Why there are no outputs; undefined where there are some. */
  readonly unseen: string | undefined;
  readonly failures: readonly string[];
  /** What was told at a part, by kind. */
  at<K extends Event["kind"]>(part: Part, kind: K): Extract<Event, { kind: K }> | undefined;
  pauseOf(part: Part): ShownPause | undefined;
}

/** Runs the lesson as `--auto` does. */
export async function transcribe(lesson: Lesson, signal: AbortSignal): Promise<Transcript> {
  const told: Entry[] = [];
  const began = performance.now();
  const frontend: Frontend = unattended((event) => {
    told.push({
      at: performance.now() - began,
      event,
      text: plainText(event),
      pause: event.kind === "pause" ? shownPause(event) : undefined,
    });
  });
  const outcome = await runLesson(lesson, frontend, { means: lessonMeans(), auto: true, signal });
  const unseen = outcome.how === "blocked" ? `this host cannot run it: ${outcome.why}` : undefined;
  return transcriptOf(lesson, told, unseen, outcome.failures);
}

/** Only what the lesson says. */
export function transcriptWithoutRun(lesson: Lesson, told: readonly Event[], why: string): Transcript {
  return transcriptOf(
    lesson,
    told.map((event) => ({ at: 0, event, text: plainText(event), pause: undefined })),
    why,
    [],
  );
}

function transcriptOf(
  lesson: Lesson,
  told: readonly Entry[],
  unseen: string | undefined,
  failures: readonly string[],
): Transcript {
  const find = (part: Part, kind: Event["kind"]): Entry | undefined =>
    told.findLast(({ event }) => event.kind === kind && "part" in event && event.part.line === part.line);
  return {
    lesson,
    told,
    unseen,
    failures,
    at: <K extends Event["kind"]>(part: Part, kind: K) =>
      find(part, kind)?.event as Extract<Event, { kind: K }> | undefined,
    pauseOf: (part) => find(part, "pause")?.pause,
  };
}
