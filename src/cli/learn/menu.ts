// The menu of `minidocker learn`: lessons with what was done in them, paths through them, and the walk through one container.

import type { LessonPath } from "../../learn/library.ts";
import { pad, width } from "../style.ts";
import type { ListItem } from "./clack.ts";
import type { Listed } from "./list.ts";
import { chooseOne } from "./list-chooser.ts";

export type MenuChoice = { readonly lesson: string } | { readonly path: LessonPath };

export interface MenuOptions {
  readonly numbered: boolean;
  readonly signal: AbortSignal;
  /** Where the menu begins: the lesson that was taken last. */
  readonly last?: string | undefined;
}

const WALK = "container";
const QUIT = "quit";

/** Undefined: quit. A lesson that is blocked here can be chosen, and then says why. */
export async function menu(
  lessons: readonly Listed[],
  paths: readonly LessonPath[],
  { numbered, signal, last }: MenuOptions,
): Promise<MenuChoice | undefined> {
  const walk = lessons.filter((it) => it.name === WALK);
  const others = lessons.filter((it) => it.name !== WALK);
  const names = Math.max(...lessons.map((it) => width(it.name)));
  const items: ListItem<string>[] = [
    ...[...walk, ...others].map((it) => ({ value: it.name, label: label(it, names), hint: hintOf(it) })),
    ...paths.map((it) => ({ value: `path ${it.name}`, label: pathLabel(it, lessons), hint: it.summary })),
    { value: QUIT, label: "quit" },
  ];
  const chosen = await chooseOne(
    {
      title: "What do you want to learn?",
      items,
      first: last,
      search: true,
      signal,
    },
    numbered,
  );
  if (chosen === undefined || chosen === QUIT) return undefined;
  const path = paths.find((it) => chosen === `path ${it.name}`);
  return path === undefined ? { lesson: chosen } : { path };
}

const marks = { solved: "  ✓ solved", seen: "  ◐ seen", begun: "  ◐ begun" } as const;

function label({ name, title, minutes, blocked, progress }: Listed, names: number): string {
  const mark = blocked !== undefined ? "  ✗ not here" : progress === undefined ? "" : marks[progress];
  return `${pad(name, names)}  ${String(minutes).padStart(3)} min  ${title}${mark}`;
}

const hintOf = ({ blocked, summary }: Listed): string => (blocked === undefined ? summary : `blocked: ${blocked}`);

function pathLabel({ name, title, lessons: names }: LessonPath, lessons: readonly Listed[]): string {
  const found = lessons.filter((it) => names.includes(it.name));
  const done = found.filter((it) => it.progress === "solved" || it.progress === "seen").length;
  const minutes = found.reduce((sum, it) => sum + it.minutes, 0);
  return `path ${name}: ${title} (${done} of ${names.length} done, ${minutes} min)`;
}
