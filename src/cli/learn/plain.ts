// A lesson as text that is only ever added to: for pipes, for `--plain`, for exports, and for whoever listens to a screen.

import type { Check } from "../../core/layer.ts";
import type { Change } from "../../core/snapshot.ts";
import type { Event } from "../../learn/event.ts";
import type { Lesson } from "../../learn/lesson.ts";
import type { Observation } from "../../probes/probe.ts";
import { renderMarkdown } from "../markdown.ts";
import { palette } from "../palette.ts";
import { count, proseWidth, safe, visible, wrap } from "../style.ts";
import { type ShownPause, shownPause } from "./shown-pause.ts";

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

const INDENT = "    ";

/** The event's text, with the line breaks at its end; "" where there is nothing to say. */
export function plainText(event: Event): string {
  return (writers[event.kind] as (event: Event) => string)(event);
}

/** The beginning for who reads on at once: a lesson that opens with prose says there what it is about. */
export function shortBegin(event: Of<"begin">): string {
  const { lesson } = event;
  return titled(lesson) && opensWithProse(lesson) ? `${duration(lesson)}\n\n` : plainText(event);
}

const titled = ({ parts: [first] }: Lesson): boolean => first?.kind === "prose" && first.markdown.startsWith("# ");

/** More than a title stands at its beginning, before the first section. */
const opensWithProse = ({ parts: [first] }: Lesson): boolean =>
  first?.kind === "prose" && /^# [^\n]*\n\s*[^#\s]/.test(first.markdown);

const duration = ({ minutes }: Lesson): string => `About ${count(minutes, "minute")}.`;

const moved = {
  back: "Back to here.",
  restart: "From the beginning.",
  resume: "The container is made again as far as the lesson has come, which goes on from there.",
  lost: "The lesson's container has been removed by another command. It is made again as far as the lesson has come, which goes on from there.",
} as const;

const writers: { readonly [K in Event["kind"]]: (event: Of<K>) => string } = {
  begin: ({ lesson }) => {
    const title = titled(lesson) ? "" : `${palette().bold(lesson.title)}\n\n`;
    return `${title}${wrap(`Afterwards you can ${lesson.summary}. ${duration(lesson)}`)}\n\n`;
  },
  blocked: ({ lesson, why }) => `${lesson.name}: blocked: ${visible(why)}\n`,
  moved: ({ how }) => `${wrap(moved[how])}\n\n`,
  prose: ({ part }) => `${renderMarkdown(part.markdown)}\n\n`,
  note: () => "",
  source: ({ part, text, firstLine }) => {
    const lines = text.split("\n").map((it, i) => `${String(firstLine + i).padStart(5)}  ${it}\n`);
    const caption = part.caption === "" ? "" : `${renderMarkdown(part.caption)}\n`;
    return `${caption}${palette().dim(`${part.file}#${part.symbol}`)}\n${lines.join("")}\n`;
  },
  predict: ({ part, again }) => {
    const choices = part.choices.map(({ text }, i) => item(`${i + 1}. `, text));
    return `${again ? "Once more. " : ""}${renderMarkdown(`**What do you expect?** ${part.question}`)}\n${choices.join("")}\n`;
  },
  reveal: ({ part, choice, right }) => reveal(part.choices, choice, right),
  run: ({ part }) => {
    const prompt = part.where === "host" ? "$" : `(${part.where}) #`;
    return `${part.script
      .trimEnd()
      .split("\n")
      .map((it, i) => `${palette().cyan(`${i === 0 ? prompt : " ".repeat(prompt.length)} ${it}`)}\n`)
      .join("")}`;
  },
  output: ({ text, status }) => {
    const lines = text === "" ? "" : `${safe(text.trimEnd())}\n`;
    return `${lines}${status === 0 ? "" : palette().dim(`(exit status ${status})\n`)}\n`;
  },
  skipped: () => "Left out.\n\n",
  expect: () => "",
  verify: ({ part, ok, saw }) =>
    `${sign(ok)} ${part.title}\n${saw === "" ? "" : indented(palette().dim(safe(saw)), "  ")}\n`,
  task: ({ part }) => `${palette().bold("Your turn")}: make it true that ${part.title}.\n\n`,
  hint: ({ text, level, of }) => `${renderMarkdown(`**Hint ${level} of ${of}.** ${text}`)}\n\n`,
  diagnosis: ({ text }) => `${renderMarkdown(text)}\n\n`,
  solved: ({ part, how }) => `${sign(how !== "already")} ${part.title}${solvedBy[how]}\n\n`,
  tested: ({ without }) =>
    palette().dim(`Without ${without.length === 0 ? "it" : without.join(", ")}, the same does not do it.\n\n`),
  pause: (event) => showPause(event),
  probe: ({ part, withAll, without, ok }) =>
    `${sign(ok)} ${palette().bold(`probe ${part.probe}`)}\n` +
    `${wrap(`with all layers: ${showObservation(withAll)}`, proseWidth(), "  ")}\n` +
    `${wrap(`without ${part.without.join(", ")}: ${showObservation(without)}`, proseWidth(), "  ")}\n\n`,
  untrue: ({ message }) => `${palette().red("✗")} ${safe(message)}\n\n`,
  notice: ({ text }) => `${wrap(`Note: ${visible(text)}`)}\n\n`,
  end: ({ ok, failures, seconds }) => {
    const wrong = `${count(failures.length, "thing is", "things are")} not as the lesson says`;
    return `${sign(ok)} ${ok ? "The end: all of it is true here" : wrong} (${seconds.toFixed(1)} s).\n`;
  },
};

const solvedBy = {
  done: ": done",
  shown: ": done, by the solution",
  already: ": so it is, before anybody does anything",
} as const;

const sign = (ok: boolean): string => (ok ? palette().green("✓") : palette().red("✗"));

function item(mark: string, text: string): string {
  return `  ${mark}${renderMarkdown(text, " ".repeat(mark.length + 2)).trimStart()}\n`;
}

function reveal(
  choices: readonly { readonly text: string; readonly right: boolean; readonly why: string | undefined }[],
  choice: number,
  right: boolean,
): string {
  const chosen = choices[choice];
  const answer = choices.find((it) => it.right);
  const lines = right
    ? [`${sign(true)} As expected: ${answer?.text ?? ""}`, answer?.why]
    : [`${sign(false)} Not “${chosen?.text ?? ""}”. ${chosen?.why ?? ""}`, `It is: ${answer?.text ?? ""}`];
  return `${lines
    .filter((it) => it !== undefined && it !== "")
    .map((it) => `${renderMarkdown(it as string)}\n`)
    .join("")}\n`;
}

function showPause(event: Of<"pause">): string {
  const { bold, cyan, dim } = palette();
  const { size, made, changes, checks, place, why, next, source } = shownPause(event);
  const lines: string[] = [];
  if (made.length > 0) lines.push(dim(`── made: ${size}`), ...made.flatMap(showCalls));
  if (changes.length > 0) lines.push(dim("── what the kernel shows of it now"), ...changes.flatMap(showChange));
  if (checks.length > 0) lines.push(dim("── what verify says otherwise now"), ...checks.flatMap(showCheck));
  lines.push(bold(`▶ ${place ?? "The container is finished, and runs."}`));
  if (why !== undefined) lines.push(renderMarkdown(why, INDENT));
  if (next !== undefined) lines.push(`${INDENT}next  ${cyan(next)}`);
  if (source !== undefined) lines.push(dim(`${INDENT}from  ${source}`));
  return `${lines.join("\n")}\n\n`;
}

const showCalls = ({ place, calls }: ShownPause["made"][number]): string[] => [
  `  ${place}`,
  ...calls.map((it) => `${INDENT}${safe(it)}`),
];

const signs = { yes: "✓", no: "✗", unknown: "?" } as const;

function showCheck({ id, title, verdict, saw }: Check): string[] {
  const line = `  ${signs[verdict]} ${id}: ${title}`;
  return [line, palette().dim(wrap(safe(saw), proseWidth(), "      "))];
}

function showChange({ section, removed, added }: Change): string[] {
  const { green, red } = palette();
  return [
    `  ${section}`,
    ...removed.map((it) => red(`${INDENT}- ${safe(it)}`)),
    ...added.map((it) => green(`${INDENT}+ ${safe(it)}`)),
  ];
}

export function showObservation(seen: Observation): string {
  const { saw } = seen;
  const what = observed(seen);
  // `EPERM: not permitted` says the errno, too
  if (seen.kind === "errno" && saw.startsWith(`${seen.errno}: `)) return what.replace(seen.errno, safe(saw));
  return `${what}${saw === "" ? "" : ` (${safe(saw)})`}`;
}

function observed(seen: Observation): string {
  switch (seen.kind) {
    case "succeeded":
      return "it succeeds";
    case "errno":
      return `stopped, ${seen.errno}`;
    case "invisible":
      return "stopped, there is nothing to see";
    case "contained":
      return "stopped, it reaches no further than the container";
    case "killed":
      return `stopped, killed by ${seen.signal}`;
  }
}

const indented = (text: string, indent: string): string =>
  text
    .split("\n")
    .map((it) => `${indent}${it}\n`)
    .join("");
