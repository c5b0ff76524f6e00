// What happens in a lesson, as text for a terminal: one entry for each kind of event.

import type { Check } from "../../../core/layer.ts";
import type { Event } from "../../../learn/event.ts";
import type { Predict, Prose, Run, Solve } from "../../../learn/lesson.ts";
import { renderMarkdown, splitMarkdown } from "../../markdown.ts";
import { palette } from "../../palette.ts";
import { hang, INDENT, showChanges, showMade, showNext } from "../../pause-lines.ts";
import { columns, safe, wrap } from "../../style.ts";
import { plainText, shortBegin } from "../plain.ts";

/** A portion of text; a heading begins a screen where it can. */
export interface Told {
  /** For the width that the terminal has when it is shown. */
  readonly text: () => string;
  readonly heading?: boolean;
}

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

/** As many lines of the kernel's state are shown at a pause; where there are more, some of each section. `k` shows the others. */
const LIMIT = 16;
const FEW = 6;
/** More checks than that are counted. */
const MANY = 8;

const plain = (event: Event): Told[] => [{ text: () => plainText(event) }];

export const tellers: { readonly [K in Event["kind"]]: (event: Of<K>) => readonly Told[] } = {
  begin: (event) => [{ text: () => shortBegin(event) }],
  blocked: plain,
  moved: plain,
  prose: ({ part }) => tellProse(part),
  note: () => [],
  source: plain,
  predict: ({ part, again }) => [{ text: () => question(part, again) }],
  reveal: (event) => tellReveal(event),
  run: ({ part }) => [{ text: () => command(part) }],
  output: ({ text, status }) => [{ text: () => output(text, status) }],
  skipped: plain,
  expect: ({ ok, why }) => (ok ? [] : [{ text: () => `${palette().yellow("≠")} ${why ?? "not as the lesson says"}` }]),
  verify: ({ ok, part, saw }) => [{ text: () => `${verdict(ok, part.title)}${saw === "" ? "" : `\n${seen(saw)}`}` }],
  task: ({ part }) => [{ text: () => renderMarkdown(`**Your turn:** make it true that ${part.title}.`) }],
  hint: plain,
  diagnosis: plain,
  solved: ({ part, how }) => [{ text: () => verdict(how !== "already", `${part.title}${solvedBy[how]}`) }],
  tested: plain,
  pause: (event) => tellPause(event, false),
  probe: plain,
  untrue: () => [],
  notice: plain,
  end: plain,
};

const solvedBy = {
  done: ": done",
  shown: ": done, by the solution",
  already: ": so it is, before anybody does anything",
};

function verdict(ok: boolean, title: string): string {
  const { green, red } = palette();
  return `${ok ? green("✓") : red("✗")} ${renderMarkdown(`**${title}**`, "  ").trimStart()}`;
}

const seen = (saw: string): string =>
  palette().dim(
    safe(saw)
      .split("\n")
      .map((it) => wrap(it, columns(), "    ").replace(/^ {2}/, ""))
      .join("\n"),
  );

// paragraph by paragraph, so that a stop is between two of them
function tellProse({ markdown }: Prose): Told[] {
  return splitMarkdown(markdown).map((it) => ({
    text: () => renderMarkdown(it, "", "ruled"),
    heading: it.startsWith("#"),
  }));
}

function question({ question: asked, choices }: Predict, again: boolean): string {
  const title = renderMarkdown(`**${again ? "Once more: what" : "What"} do you expect?** ${asked}`);
  const rows = choices.map(({ text }, i) => `  ${i + 1}. ${renderMarkdown(text, "     ").trimStart()}`);
  return [title, ...rows].join("\n");
}

// the misconception first, then what is so
function tellReveal({ part: { choices }, choice, right }: Of<"reveal">): Told[] {
  const { bold, green, red } = palette();
  const chosen = choices[choice];
  const answer = choices.find((it) => it.right);
  const told = (sign: string, words: string, text = ""): Told => ({
    text: () => `${sign} ${renderMarkdown(`**${words}** ${text}`, "  ").trimStart()}`,
  });
  const why = (text: string | undefined): Told[] =>
    text === undefined ? [] : [{ text: () => renderMarkdown(text, "  ") }];
  if (right) return [told(bold(green("✓")), "As you expected:", answer?.text), ...why(answer?.why)];
  return [
    told(bold(red("✗")), "You expected:", chosen?.text),
    ...why(chosen?.why),
    told(bold(green("✓")), "It is:", answer?.text),
    ...why(answer?.why),
  ];
}

function output(text: string, status: number): string {
  const lines = text.trim() === "" ? [] : [safe(text.trimEnd())];
  return [...lines, ...(status === 0 ? [] : [palette().dim(`(exit status ${status})`)])].join("\n");
}

/** As in a shell; never wrapped, so that it can be copied. */
function command({ script, where }: Run | Solve): string {
  const { bold, cyan, dim } = palette();
  const sign = { host: "$", inside: "(inside) #", container: "(container) #" }[where];
  const lines = script.trimEnd().split("\n");
  return lines.map((it, i) => `${i === 0 ? bold(sign) : dim(" ".repeat(sign.length))} ${cyan(it)}`).join("\n");
}

/** What the layers judge otherwise than before: their names; where those are many, how many of each layer. The key `v` tells. */
function showVerdicts(checks: readonly Check[]): string[] {
  const { green, red, yellow } = palette();
  const signs = { yes: green("✓"), no: red("✗"), unknown: yellow("?") };
  const words = { yes: "in force", no: "no longer in force", unknown: "cannot be told" };
  return (["yes", "no", "unknown"] as const).flatMap((verdict) => {
    const ids = checks.filter((it) => it.verdict === verdict).map((it) => it.id);
    const names = ids.length > MANY ? byLayer(ids) : ids;
    return ids.length === 0 ? [] : [hang(`${INDENT}${signs[verdict]} `, `${words[verdict]}: ${names.join(", ")}`)];
  });
}

function byLayer(ids: readonly string[]): string[] {
  const layers = Map.groupBy(ids, (it) => it.slice(0, it.indexOf(".")));
  return [...layers].map(([layer, { length }]) => `${layer} (${length})`);
}

/** `told`: the step's reason has been told at the pause before. */
export function tellPause({ pause, made, changes, checks }: Of<"pause">, told: boolean): Told[] {
  const { bold } = palette();
  const lines = changes.reduce((sum, it) => sum + it.removed.length + it.added.length, 0);
  const most = lines > LIMIT ? FEW : LIMIT;
  const options = { paint: palette(), limit: (what: string) => (what === "namespaces" ? LIMIT : most) };
  // taken back, it stands before a call, however far it went
  const size = pause?.size === "call" && made.length > FEW ? "step" : (pause?.size ?? "layer");
  return [
    { text: () => [...showMade(made, size === "call", options), ...showChanges(changes, size, options)].join("\n") },
    { text: () => showVerdicts(checks).join("\n") },
    {
      text: () =>
        pause === undefined
          ? bold("▶ The container is finished, and runs.")
          : showNext(pause, told, options).join("\n"),
    },
  ];
}
