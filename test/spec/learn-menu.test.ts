// What a learner is told before a lesson begins: in the menu, and at the beginning of a path.

import { expect } from "bun:test";
import { learn } from "../harness/lessons.ts";
import { privateHost } from "../harness/private-host.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();
const TIMEOUT = 30_000;

rootTest(
  "a lesson that is blocked is not taken from the menu, which then says why, with the search as it was",
  async () => {
    // nothing is found there that the lesson `cpu` needs
    const main = `${import.meta.dir}/../../src/main.ts`;
    const command = ["env", `PATH=${host.folder}`, process.execPath, main, "learn"];
    const terminal = host.onTerminal(command, { env: { NO_COLOR: "1" } });
    await terminal.until("What do you want to learn?");
    await terminal.until("Search:");
    terminal.type("cpu");
    await terminal.until("1 match");
    terminal.type("\r");
    await terminal.until(/◆ {2}cpu is blocked: needs .*\s+│\s+│ {2}Search: cpu█ \(1 match\)/);
    // what is typed goes on from there, and Enter finds the same lesson
    terminal.type("x");
    await terminal.until("Search: cpux█ (0 matches)");
    terminal.type("\x7f");
    await terminal.until("(1 match)");
    terminal.type("\r");
    await terminal.until(/◆ {2}cpu is blocked: needs .*\s+│\s+│ {2}Search: cpu█/);
    terminal.type("\x1b");
    expect(await terminal.exited).toBe(0);
  },
  TIMEOUT,
);

rootTest(
  "a path says what it is, and how much of it is done",
  async () => {
    const terminal = learn(host, ["--path", "90-minutes"]);
    await terminal.until("Containers in 90 minutes: 0 of 9 lessons are done.");
    await terminal.until("A container is a process");
    await terminal.until("q quit");
    terminal.type("q");
    expect(await terminal.exited).toBe(0);
  },
  TIMEOUT,
);

rootTest("learn notes does not wait in a terminal of a lesson, where it would be ended with the lesson", async () => {
  const { code, stderr } = await host.minidocker(["learn", "notes"], { env: { MINIDOCKER_LESSON: "token" } });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("in another terminal") });
});
