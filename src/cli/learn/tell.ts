// What happens in a lesson, as text for a terminal: one entry for each kind of event.

import type { Event } from "../../learn/event.ts";
import type { Prose, Run, Solve } from "../../learn/lesson.ts";
import { renderMarkdown } from "../markdown.ts";
import { palette } from "../palette.ts";
import { showChanges, showMade, showNext } from "../pause-look.ts";
import { plainText } from "./plain.ts";

/** A portion of text; a heading begins a screen where it can. */
export interface Told {
  readonly text: string;
  readonly heading?: boolean;
}

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** As many calls, and lines of a section of the kernel's state, are shown at a pause. The key `k` shows the others. */
const LIMIT = 12;

const plain = (event: Event): Told[] => [{ text: plainText(event) }];

export const tellers: { readonly [K in Event["kind"]]: (event: Of<K>) => readonly Told[] } = {
  begin: (event) => [{ text: plainText(event), heading: true }],
  blocked: plain,
  moved: plain,
  prose: ({ part }) => tellProse(part),
  note: () => [],
  source: plain,
  predict: plain,
  reveal: plain,
  run: ({ part }) => [{ text: command(part) }],
  output: plain,
  skipped: plain,
  expect: ({ ok, why }) => (ok ? [] : [{ text: `${palette().yellow("≠")} ${why ?? "not as the lesson says"}` }]),
  verify: plain,
  task: plain,
  hint: plain,
  diagnosis: plain,
  solved: plain,
  tested: plain,
  pause: (event) => tellPause(event),
  probe: plain,
  untrue: () => [],
  notice: plain,
  end: plain,
};

// paragraph by paragraph, so that a stop is between two of them
function tellProse({ markdown }: Prose): Told[] {
  const text = renderMarkdown(markdown, "", "ruled");
  const parts = text.split("\n\n").map((it) => ({ text: it }));
  return markdown.trimStart().startsWith("#") ? parts.map((it, i) => ({ ...it, heading: i === 0 })) : parts;
}

/** As in a shell; never wrapped, so that it can be copied. */
function command({ script, where }: Run | Solve): string {
  const { bold, cyan, dim } = palette();
  const sign = { host: "$", inside: "(inside) #", container: "(container) #" }[where];
  const lines = script.trimEnd().split("\n");
  return lines.map((it, i) => `${i === 0 ? bold(sign) : dim(" ".repeat(sign.length))} ${cyan(it)}`).join("\n");
}

function tellPause({ pause, made, changes }: Of<"pause">): Told[] {
  const { bold } = palette();
  const look = { paint: palette(), limit: LIMIT };
  const size = pause?.size ?? "layer";
  const done = [...showMade(made, size === "call", look), ...showChanges(changes, size, look)];
  const next = pause === undefined ? [bold("▶ The container is finished, and runs.")] : showNext(pause, false, look);
  return [{ text: done.join("\n") }, { text: next.join("\n") }];
}
