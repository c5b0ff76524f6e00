// Leaving a lesson in the middle: Ctrl-C and a closed window, at every kind of question. And a lesson that is left without its
// container, because somebody has removed it.

import { beforeAll, expect } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import {
  block,
  head,
  learn,
  lessonFile,
  nothingLeft,
  type TestLesson,
  withoutControl,
  writeLessons,
} from "../harness/lessons.ts";
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

/** What is asked when the lesson's container is removed, the way there, and the row of keys that is there again afterwards. */
const removals: Readonly<Record<string, readonly [way: readonly (readonly [string, string])[], at: string]>> = {
  "a pause": [[], "w v R q ?]"],
  "a list": [[["w v R q ?]", "k"]], "Enter: confirm"],
  "a finished container": [[["w v R q ?]", "r"]], "p v R q ?]"],
  "a task in it": [
    [
      ["w v R q ?]", "r"],
      ["p v R q ?]", "\r"],
    ],
    "own shell",
  ],
};

for (const [place, [way, at]] of Object.entries(removals)) {
  rootTest(
    `when another command removes its container at ${place}, the lesson makes it again and goes on`,
    async () => {
      const file = `${host.folder}/removed.md`;
      const task = `${block("verify container became", "# a file is there\ntest -e /made")}${block("solve container", "touch /made")}`;
      const pauses = `${block("pause", "namespaces: set the hostname")}\nOn.\n${block("pause", "finished")}`;
      writeFileSync(file, `${head("container: --network none base\n")}\n# Removed\n${pauses}${task}\nThe end comes.\n`);
      const terminal = learn(host, [file], { rows: 80 });
      for (const [seen, key] of way) {
        await terminal.until(seen);
        terminal.type(key);
      }
      await terminal.until(at);
      const [id = ""] = ids();
      const began = performance.now();
      const second = ["sh", "-c", '. "$1/env"; minidocker rm --force "$2"', "sh", lessonFolder(), id.slice(0, 12)];
      const { code, stderr } = await host.command(second);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(performance.now() - began).toBeLessThan(5000);
      await terminal.until(/container has been removed by\s+another command/);
      await terminal.until(at === "Enter: confirm" ? "w v R q ?]" : at);
      expect(ids()).toHaveLength(1);
      expect(ids()).not.toEqual([id]);
      terminal.type("q");
      expect(await terminal.exited).toBe(0);
      await nothingLeft(host);
    },
    TIMEOUT,
  );
}

rootTest(
  "a lesson whose own script removes its container ends, and says why",
  async () => {
    const file = `${host.folder}/itself.md`;
    const script = "minidocker rm --force $(minidocker ps -q) >/dev/null";
    const parts = `${block("pause", "finished")}${block("run host", script)}${block("run container", "true")}`;
    writeFileSync(file, `${head("container: --network none base\n")}\n# Itself\n${parts}`);
    const { code, stderr } = await host.minidocker(["learn", file, "--auto"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/: container \S+ has been removed by another command\n$/),
    });
    await nothingLeft(host);
  },
  TIMEOUT,
);

function lessonFolder(): string {
  const lessons = `${host.folder}/root/data/lessons`;
  return `${lessons}/${readdirSync(lessons)[0]}`;
}

/** Of the lesson's containers. */
const ids = (): string[] => readdirSync(`${lessonFolder()}/state/containers`).filter((it) => !it.startsWith("."));
