// A pause in lines for a terminal: what was done, what the kernel shows of it, what comes next and why. For `run --step` and for lessons.

import type { Layer } from "../core/layer.ts";
import type { Change } from "../core/snapshot.ts";
import type { Pause } from "../core/stepper.ts";
import { View } from "../core/view.ts";
import { ownNamespaces } from "../engine/enter.ts";
import { judge } from "../engine/judge.ts";
import type { Call } from "../stage/call.ts";
import { showResult } from "../stage/trace.ts";
import { showChecks } from "./checks.ts";
import { cut } from "./fit.ts";
import { renderMarkdown } from "./markdown.ts";
import type { palette } from "./palette.ts";
import { columns, count, visible, width, wrap } from "./style.ts";

export const INDENT = "   ";

/** For who asks for a shell, a verdict or a look before there is anything to show. */
export const noProcess = `${INDENT}There is no process yet: the namespaces layer makes it.`;

type Paint = ReturnType<typeof palette>;

export interface LineOptions {
  readonly paint: Paint;
  /** More calls than that, or more lines of that section of the kernel's state, are only counted. */
  readonly limit: (what: string) => number;
}

/** The calls since the last pause: their number, and each of them where one goes from call to call. */
export function showMade(made: readonly Call[], each: boolean, { paint, limit }: LineOptions): string[] {
  if (made.length === 0) return [];
  const title = paint.dim(`── done: ${count(made.length, "call")}`);
  if (!each || made.length > limit("calls")) return [title];
  return [title, ...made.map((it) => oneLine(`${INDENT}${showCall(it)} ${showResult(it)}`))];
}

/** Sections of the kernel's state with what is gone and what is new. */
export function showChanges(changes: readonly Change[], size: Pause["size"], { paint, limit }: LineOptions): string[] {
  return changes.flatMap(({ section, removed, added }) => {
    // between two steps, descriptors come and go by the dozen; between two calls, each of them is the news
    if (section === "descriptors" && size !== "call") return [];
    const pairs = pairUp(removed.map(visible), added.map(visible));
    const old = [
      ...pairs.changed.map((it) => paint.yellow(oneLine(`${INDENT}~ ${it}`))),
      ...pairs.removed.map((it) => paint.red(oneLine(`${INDENT}- ${it}`))),
    ];
    const fresh = pairs.added.map((it) => paint.green(oneLine(`${INDENT}+ ${it}`)));
    return [`${INDENT}${paint.bold(section)}`, ...someOf(old, fresh, limit(section), paint)];
  });
}

/** As many as `most` of both lists, of each at least as much as half of that, and how many more there are. */
function someOf(old: readonly string[], fresh: readonly string[], most: number, { dim }: Paint): string[] {
  const left = old.length + fresh.length - most;
  if (left <= 1) return [...old, ...fresh];
  const half = Math.floor(most / 2);
  const some = Math.min(old.length, Math.max(half, most - fresh.length));
  return [...old.slice(0, some), ...fresh.slice(0, most - some), dim(`${INDENT}  … and ${left} more`)];
}

/** Lines of the form `name: value`, of which only the value is another one, are told as one where there is room. */
function pairUp(removed: readonly string[], added: readonly string[]) {
  const changed: string[] = [];
  const gone: string[] = [];
  const left = [...added];
  for (const line of removed) {
    const name = /^\w+:/.exec(line)?.[0];
    const at = name === undefined ? -1 : left.findIndex((it) => it.startsWith(name));
    const told = `${line} → ${left[at]?.slice(name?.length).trimStart()}`;
    if (at === -1 || width(told) + INDENT.length + 2 > columns()) gone.push(line);
    else {
      changed.push(told);
      left.splice(at, 1);
    }
  }
  return { removed: gone, changed, added: left };
}

/** What comes next, why, and who asks for it. `told`: why was said before. */
export function showNext(pause: Pause, told: boolean, { paint }: Pick<LineOptions, "paint">): string[] {
  const reason = told || pause.size === "layer" ? undefined : pause.explanation?.steps[pause.step];
  const { source, role } = pause.call;
  return [
    paint.bold(`▶ ${pause.layer}: ${pause.step}`),
    ...(reason === undefined ? [] : [renderMarkdown(reason, INDENT)]),
    paint.cyan(hang(`${INDENT}next  `, showCall(pause.call))),
    ...(source === undefined ? [] : [paint.dim(hang(`${INDENT}from  `, `${source}, in the ${role} stage`))]),
  ];
}

export const showCall = (call: Call): string => visible(shorten(call.show()));

/** What the layer at which it stands is for. */
export function showWhy({ explanation }: Pick<Pause, "explanation">): string {
  return renderMarkdown(explanation?.about ?? "This is the runtime's own part: no layer, no isolation.", INDENT);
}

/** What the layers judge about it now. */
export function showVerdicts(pid: number, layers: readonly Layer[], paint: Paint): string {
  const view = new View(pid);
  return layers.map((it) => `${paint.bold(it.name)}\n${showChecks(judge(it, view))}`).join("\n");
}

/** Where a shell that is opened now will be. */
export function describeShell(pid: number): string {
  const joined = ownNamespaces(pid);
  const where =
    joined.length === 0 ? "the host's namespaces: it has none of its own yet" : `its namespaces ${joined.join(", ")}`;
  return `A shell, in ${where}; exit comes back here.`;
}

/** Text over as many lines as it takes, each below the beginning of the first. */
export function hang(first: string, text: string): string {
  const indent = " ".repeat(width(first));
  return first + wrap(text, columns(), indent).slice(indent.length);
}

/** One line of the terminal. */
const oneLine = (text: string): string => cut(shorten(text), columns());

/** A container's id in a path: what is told stands behind it. */
export const shorten = (text: string): string => text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
