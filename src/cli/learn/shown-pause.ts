// What a pause of a lesson consists of, for text and for pages, which lay it out. A terminal, where one goes on by layers, steps or
// calls, is told less at a time: src/cli/pause-lines.ts.

import type { Change } from "../../core/snapshot.ts";
import type { Event } from "../../learn/event.ts";
import { showResult } from "../../stage/trace.ts";
import { shorten } from "../pause-lines.ts";
import { count } from "../style.ts";

export type ShownPause = ReturnType<typeof shownPause>;

type Pause = Extract<Event, { kind: "pause" }>;

/** The calls are asked for their text at once, for later they know more. */
export function shownPause({ pause, made, changes, checks }: Pause) {
  return {
    /** Before which step it is; undefined where the container is finished. */
    place: pause && placeOf(pause),
    why: pause?.explanation?.steps[pause.step],
    next: pause && shorten(pause.call.show()),
    source: pause?.call.source,
    size: count(made.length, "call"),
    made: byPlace(made),
    changes: changes.filter(({ section }) => !noise.has(section)).map(short),
    checks,
  };
}

/** What is not news for a reader: descriptors come and go with every step. */
const noise = new Set(["descriptors"]);

const placeOf = ({ layer, step }: { readonly layer: string; readonly step: string }): string => `${layer}: ${step}`;

const short = ({ section, removed, added }: Change): Change => ({
  section,
  removed: removed.map(shorten),
  added: added.map(shorten),
});

/** Step by step, as a trace has them. */
function byPlace(made: Pause["made"]): { place: string; calls: string[] }[] {
  const steps: { place: string; calls: string[] }[] = [];
  for (const call of made) {
    const place = placeOf(call.origin);
    if (steps.at(-1)?.place !== place) steps.push({ place, calls: [] });
    steps.at(-1)?.calls.push(shorten(`${call.show()} ${showResult(call)}`));
  }
  return steps;
}
