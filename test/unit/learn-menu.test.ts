// The menu of lessons, on a terminal.

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { LessonRow } from "../../src/cli/learn/list.ts";
import { withoutControl } from "../harness/lessons.ts";
import { openTerminal } from "../harness/terminal.ts";

const source = join(import.meta.dir, "../../src/cli/learn/terminal/menu.ts");
const COLUMNS = 40;

const lesson = (name: string, title: string): LessonRow => ({
  name,
  title,
  summary: "s",
  minutes: 5,
  layers: [],
  requires: [],
  blocked: undefined,
  progress: undefined,
});

/** The lines of the menu as they are first shown, until somebody presses Escape. */
async function shown(lessons: readonly LessonRow[]): Promise<string[]> {
  const options = "{ numbered: false, signal: new AbortController().signal, search: { text: '' } }";
  const code = `const { menu } = await import("${source}"); await menu(${JSON.stringify(lessons)}, [], ${options});`;
  const terminal = openTerminal([process.execPath, "-e", code], { columns: COLUMNS, env: { NO_COLOR: "1" } });
  await terminal.until("quit");
  const { screen } = terminal;
  terminal.type("\x1b");
  expect(await terminal.exited).toBe(0);
  return withoutControl(screen).split(/\r?\n/);
}

test("in a narrow terminal a lesson has one line, whatever its title is written in", async () => {
  const titles = {
    latin: "Where a program believes that it is, and who told it so",
    wide: "容器只是一个进程它看到的世界是内核给它的",
    emoji: "📦 🐧 📦 🐧 📦 🐧 📦 🐧 📦 🐧 📦 🐧 📦 🐧",
    combining: "e\u0301".repeat(40),
  };
  const names = Object.keys(titles);
  // beside the one that is selected there is more to read
  const lessons = [lesson("first", "A"), ...Object.entries(titles).map(([name, title]) => lesson(name, title))];
  const lines = await shown(lessons);
  const rows = lines.slice(lines.findIndex((it) => it.includes(" latin ")));
  expect(rows.slice(0, 5).map((it) => [...names, "quit"].find((name) => it.includes(` ${name}`)))).toEqual([
    ...names,
    "quit",
  ]);
  for (const row of rows.slice(0, 4)) {
    expect(row).toEndWith("…");
    expect(Bun.stringWidth(row)).toBeWithin(COLUMNS - 3, COLUMNS + 1);
  }
});
