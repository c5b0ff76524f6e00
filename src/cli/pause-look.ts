// What a pause looks like: what was done, what the kernel shows of it, what comes next and why. For `run --step` and for lessons.

import type { Change } from "../core/snapshot.ts";
import type { Pause } from "../core/stepper.ts";
import { View } from "../core/view.ts";
import { ownNamespaces } from "../engine/enter.ts";
import { judge } from "../engine/judge.ts";
import { layers } from "../layers/index.ts";
import type { Call } from "../stage/call.ts";
import { showResult } from "../stage/trace.ts";
import { showChecks } from "./checks.ts";
import { renderMarkdown } from "./markdown.ts";
import type { palette } from "./palette.ts";
import { columns, visible } from "./style.ts";

export const INDENT = "   ";

type Paint = ReturnType<typeof palette>;

export interface Look {
  readonly paint: Paint;
  /** More calls than that, or more lines of a section of the kernel's state, are only counted. */
  readonly limit: number;
}

/** The calls since the last pause: their number, and each of them where one goes from call to call. */
export function showMade(made: readonly Call[], each: boolean, { paint, limit }: Look): string[] {
  if (made.length === 0) return [];
  const title = paint.dim(`── done: ${made.length} call${made.length === 1 ? "" : "s"}`);
  if (!each || made.length > limit) return [title];
  return [title, ...made.map((it) => cut(`${INDENT}${showCall(it)} ${showResult(it)}`))];
}

/** Sections of the kernel's state with what is gone and what is new. */
export function showChanges(changes: readonly Change[], size: Pause["size"], { paint, limit }: Look): string[] {
  return changes.flatMap(({ section, removed, added }) => {
    // between two steps, descriptors come and go by the dozen; between two calls, each of them is the news
    if (section === "descriptors" && size !== "call") return [];
    const lines = [
      ...removed.map((it) => paint.red(cut(`${INDENT}- ${visible(it)}`))),
      ...added.map((it) => paint.green(cut(`${INDENT}+ ${visible(it)}`))),
    ];
    const left = lines.length - limit;
    const rest = left > 1 ? [paint.dim(`${INDENT}  … and ${left} more`)] : [];
    return [`${INDENT}${paint.bold(section)}`, ...(left > 1 ? lines.slice(0, limit) : lines), ...rest];
  });
}

/** What comes next, why, and who asks for it. `told`: why was said before. */
export function showNext(pause: Pause, told: boolean, { paint }: Pick<Look, "paint">): string[] {
  const reason = told || pause.size === "layer" ? undefined : pause.explanation?.steps[pause.step];
  const { source, role } = pause.call;
  return [
    paint.bold(`▶ ${pause.layer}: ${pause.step}`),
    ...(reason === undefined ? [] : [renderMarkdown(reason, INDENT)]),
    `${INDENT}next  ${paint.cyan(showCall(pause.call))}`,
    ...(source === undefined ? [] : [paint.dim(`${INDENT}from  ${source}, in the ${role} stage`)]),
  ];
}

export const showCall = (call: Call): string => visible(shorten(call.show()));

/** What the layer at which it stands is for. */
export function showWhy({ explanation }: Pick<Pause, "explanation">): string {
  return renderMarkdown(explanation?.about ?? "This is the runtime's own part: no layer, no isolation.", INDENT);
}

/** What the layers judge about it now. */
export function showVerdicts(pid: number, paint: Paint): string {
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

/** One line of the terminal, and no more. */
export function cut(text: string): string {
  const line = shorten(text);
  return line.length > columns() ? `${line.slice(0, columns() - 1)}…` : line;
}

/** A container's id in a path: what is told stands behind it. */
export const shorten = (line: string): string => line.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");
