// learn list: the lessons, what each of them needs, whether this host can run it, and what has been done.

import type { Lesson } from "../../learn/lesson.ts";
import { type Shelved, shelf } from "../../learn/library.ts";
import { type LessonProgress, readProgress } from "../../learn/progress.ts";
import { blockedBy, Host } from "../../learn/requirements.ts";
import { findPaths } from "../../state/paths.ts";
import { print, printJson, say } from "../output.ts";
import { palette } from "../palette.ts";
import { isTerminal, pad, proseWidth, table, wrap } from "../style.ts";

export interface LessonRow extends Pick<Lesson, "name" | "title" | "summary" | "minutes" | "layers" | "requires"> {
  /** Why this host cannot run it. */
  readonly blocked: string | undefined;
  readonly progress: LessonProgress["status"] | undefined;
}

export async function learnList({ json }: { readonly json: boolean }): Promise<number> {
  const rows = await describeLessons();
  if (json) printJson(rows);
  else if (isTerminal(STDOUT)) print(rows.map(record).join(""));
  else print(table(headings, rows.map(cells)));
  return 0;
}

/** Every lesson that has a head; the others are told about on stderr. */
export async function describeLessons(): Promise<LessonRow[]> {
  const progress = readProgress(findPaths(), say);
  const host = process.platform === "linux" ? new Host() : undefined;
  const rows: LessonRow[] = [];
  for (const shelved of shelf()) {
    const { name, head } = shelved;
    if (head === undefined) {
      tellBroken(shelved);
      continue;
    }
    const { title, summary, minutes, layers, requires } = head;
    const blocked = await blockedBy(requires, host);
    rows.push({ name, title, summary, minutes, layers, requires, blocked, progress: progress[name]?.status });
  }
  return rows;
}

function tellBroken({ path, problems: [first] }: Shelved): void {
  say(`${path}:${first?.line}: ${first?.reason}: minidocker learn check ${path} tells more`);
}

const STDOUT = 1;

/** For people: two or three lines, however wide the terminal is. */
function record({ name, title, minutes, requires, blocked, progress }: LessonRow): string {
  const { bold, dim, green, yellow } = palette();
  const done = progress === undefined ? "" : progress === "solved" ? green("  ✓ solved") : `  ${progress}`;
  const needs = requires.length === 0 ? [] : [dim(wrap(`needs ${requires.join(", ")}`, proseWidth(), INDENT))];
  const why = blocked === undefined ? [] : [yellow(wrap(`blocked: ${blocked}`, proseWidth(), INDENT))];
  return `${[`${bold(pad(name, INDENT.length - 1))} ${title}, ${minutes} min${done}`, ...needs, ...why].join("\n")}\n`;
}

const INDENT = " ".repeat(17);

const headings = ["LESSON", "TITLE", "MINUTES", "NEEDS", "PROGRESS", "HERE"];

function cells({ name, title, minutes, requires, blocked, progress }: LessonRow): string[] {
  return [
    name,
    title,
    String(minutes),
    requires.join(", ") || "-",
    progress ?? "-",
    blocked === undefined ? "yes" : `blocked: ${blocked}`,
  ];
}
