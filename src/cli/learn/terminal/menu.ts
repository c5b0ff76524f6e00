// The menu of `minidocker learn`: lessons with what was done in them, paths through them, and the walk through one container.

import type { LessonPath } from "../../../learn/library.ts";
import { cut } from "../../fit.ts";
import { columns, pad, width } from "../../style.ts";
import type { LessonRow } from "../list.ts";
import type { ListItem, Search } from "./clack.ts";
import { chooseOne } from "./list-chooser.ts";

export type MenuChoice = { readonly lesson: string } | { readonly path: LessonPath };

export interface MenuOptions {
  readonly numbered: boolean;
  readonly signal: AbortSignal;
  /** Where the menu begins: the lesson that was taken last. */
  readonly last?: string | undefined;
  /** Why what was chosen before was not taken. */
  readonly notice?: string | undefined;
  /** Where what is typed into it is kept. */
  readonly search: Search;
}

const WALK = "container";
const QUIT = "quit";
/** From here on there is room for the minutes, and words for the marks. */
const WIDE = 76;
/** Columns of the list's frame. */
const FRAME = 6;

/** Undefined: quit. A lesson that is blocked here can be chosen, and then says why. */
export async function menu(
  lessons: readonly LessonRow[],
  paths: readonly LessonPath[],
  { numbered, signal, last, notice, search }: MenuOptions,
): Promise<MenuChoice | undefined> {
  const walk = lessons.filter((it) => it.name === WALK);
  const others = lessons.filter((it) => it.name !== WALK);
  const look = { names: Math.max(...lessons.map((it) => width(it.name))), wide: columns() >= WIDE };
  const items: ListItem<string>[] = [
    ...walk.map((it) => lessonItem(it, look)),
    ...paths.map((it) => pathItem(it, lessons, look.wide)),
    ...others.map((it) => lessonItem(it, look)),
    { value: QUIT, label: "quit" },
  ];
  const chosen = await chooseOne(
    {
      title: titleFor(notice, numbered),
      items,
      first: last,
      search,
      signal,
    },
    numbered,
  );
  if (chosen === undefined || chosen === QUIT) return undefined;
  const path = paths.find((it) => chosen === `path ${it.name}`);
  return path === undefined ? { lesson: chosen } : { path };
}

/** In the menu itself, and in one line: it fills the screen, and what stands above it is pushed off. */
function titleFor(notice: string | undefined, numbered: boolean): string {
  if (notice === undefined) return "What do you want to learn?";
  if (numbered) return `${notice}\n\nWhat else do you want to learn?`;
  return cut(`${notice} What else?`, columns() - FRAME);
}

const marks = { solved: "✓ solved", seen: "◐ seen", begun: "◐ begun" } as const;

interface ItemLook {
  /** Columns of the longest name. */
  readonly names: number;
  readonly wide: boolean;
}

/** One line each; what has no room there is told of the one that is selected. */
function lessonItem(lesson: LessonRow, { names, wide }: ItemLook): ListItem<string> {
  const { name, title, minutes, blocked, progress, summary } = lesson;
  const mark = blocked !== undefined ? "✗ not here" : progress === undefined ? "" : marks[progress];
  const more = blocked === undefined ? summary : `blocked: ${blocked}`;
  const state = blocked === undefined ? mark.slice(2) : more;
  const spoken = [`${name}: ${title}, ${minutes} minutes`, state].filter(Boolean).join(", ");
  if (wide) {
    const label = `${pad(name, names)}  ${String(minutes).padStart(3)} min  ${title}  ${mark}`;
    return { value: name, label: label.trimEnd(), hint: more, spoken };
  }
  const label = `${pad(name, names)} ${mark.slice(0, 1) || " "} ${title}`;
  return {
    value: name,
    label: cut(label, columns() - FRAME),
    hint: [`${minutes} min`, mark.slice(2), more].filter(Boolean).join(", "),
    spoken,
  };
}

function pathItem({ name, title, summary, lessons: names }: LessonPath, lessons: readonly LessonRow[], wide: boolean) {
  const found = lessons.filter((it) => names.includes(it.name));
  const done = found.filter((it) => it.progress === "solved" || it.progress === "seen").length;
  const count = `${done} of ${names.length} done`;
  return {
    value: `path ${name}`,
    label: wide ? `path ${name}: ${title} (${count})` : `path ${name}: ${count}`,
    hint: wide ? summary : `${title}: ${summary}`,
  };
}
