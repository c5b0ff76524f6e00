// Leaving a lesson in the middle: Ctrl-C and a closed window, at every kind of question.

import { beforeAll, expect } from "bun:test";
import { existsSync } from "node:fs";
import { learn, lessonFile, nothingLeft, type TestLesson, withoutControl, writeLessons } from "../harness/lessons.ts";
import { privateHost } from "../harness/private-host.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";
import type { TerminalOptions, TestTerminal } from "../harness/terminal.ts";

const host = privateHost();
const TIMEOUT = 60_000;
beforeAll(() => {
  if (isRoot) writeLessons(host);
});

const take = (name: TestLesson, options?: TerminalOptions): TestTerminal =>
  learn(host, [lessonFile(host, name)], options);

/** Lesson, what to type on the way (after what was seen), and what is asked in the end. */
const places: Readonly<
  Record<string, readonly [lesson: TestLesson, way: readonly (readonly [string, string])[], at: string]>
> = {
  "a question": ["words", [], "1–2"],
  "a command": ["words", [["1–2", "1"]], "Enter run it"],
  "the end of a screen": ["long", [], "Enter read on"],
  "a task": ["task", [], "own shell"],
  "a pause": ["pauses", [], "w v R q ?]"],
  "a finished container": [
    "pauses",
    [
      ["w v R q ?]", "r"],
      ["w v R q ?]", "r"],
    ],
    "p v R q ?]",
  ],
  "a list": ["pauses", [["w v R q ?]", "k"]], "Enter: confirm"],
};

for (const [place, [lesson, way, at]] of Object.entries(places)) {
  const rows = lesson === "pauses" ? 80 : 24;
  const go = async (terminal: TestTerminal): Promise<void> => {
    for (const [seen, key] of way) {
      await terminal.until(seen);
      terminal.type(key);
    }
    await terminal.until(at);
  };

  rootTest(
    `Ctrl-C at ${place} ends the lesson, and the terminal is as it was`,
    async () => {
      const command = `"$0" "$@"; echo "exit status $?"; stty -a`;
      const argv = [process.execPath, `${import.meta.dir}/../../src/main.ts`, "learn", lessonFile(host, lesson)];
      const terminal = host.onTerminal(["sh", "-c", command, ...argv], { env: { NO_COLOR: "1" }, rows });
      await go(terminal);
      terminal.type("\x03");
      await terminal.until("exit status 130");
      await terminal.exited;
      expect(withoutControl(terminal.screen)).toMatch(/isig icanon iexten echo /);
      await nothingLeft(host);
    },
    TIMEOUT,
  );

  rootTest(
    `when the terminal is closed at ${place}, nothing is left`,
    async () => {
      const terminal = take(lesson, { rows });
      await go(terminal);
      const { pids } = terminal;
      terminal.close();
      await terminal.exited;
      await waitUntil(
        () => pids.every((pid) => !existsSync(`/proc/${pid}`)),
        10_000,
        () => "processes of the lesson are still there",
      );
      await nothingLeft(host);
    },
    TIMEOUT,
  );
}
