// `learn` on a real terminal: keys, shells, resizing, the manners of showing it.

import { beforeAll, expect } from "bun:test";
import { learn, lessonFile, nothingLeft, type TestLesson, withoutControl, writeLessons } from "../harness/lessons.ts";
import { privateHost } from "../harness/private-host.ts";
import { isRunning } from "../harness/processes.ts";
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

rootTest(
  "the menu: search, take a lesson, come back, leave with Escape",
  async () => {
    const terminal = learn(host, []);
    await terminal.until("What do you want to learn?");
    await terminal.until("Search:");
    terminal.type("uts?");
    await terminal.until("0 matches");
    terminal.type("\r");
    await terminal.until("Search: _");
    terminal.type("uts");
    await terminal.until("1 match");
    terminal.type("\r");
    await terminal.until("A hostname of its own");
    await terminal.until("1–3");
    terminal.type("q");
    await terminal.until("What do you want to learn?");
    await terminal.until("Search:");
    terminal.type("\x1b");
    expect(await terminal.exited).toBe(0);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "one prompt after another: answers are taken once each, and the misconception is told after the deed",
  async () => {
    const terminal = take("words");
    await terminal.until("1–2");
    terminal.type("2");
    await terminal.until("Enter run it");
    expect(terminal.screen).not.toContain("You thought so.");
    terminal.type("\r");
    await terminal.until("ran-42");
    await terminal.until("You thought so.");
    await terminal.until("End of it.");
    await terminal.until("1–2"); // what was answered wrongly comes back
    terminal.type("1");
    expect(await terminal.exited).toBe(0);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "a task ends by itself when it is done in the learner's own shell, and mistakes are recognised",
  async () => {
    const terminal = take("task");
    await terminal.until(". /");
    await terminal.until("own shell");
    terminal.type("h");
    await terminal.until("made by touch");
    await terminal.until("own shell");
    terminal.type("t");
    await terminal.until("exit comes back here");
    terminal.type("touch wrong; echo made-$((1+1))\r");
    await terminal.until("made-2");
    terminal.type("exit\r");
    await terminal.until("another name");
    await terminal.until("own shell");
    terminal.type("t");
    await terminal.until("exit comes back here");
    terminal.type("touch done; exit\r");
    await terminal.until("✓");
    await terminal.until("Afterwards.");
    expect(await terminal.exited).toBe(0);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "a task ends by itself when it is done in a second terminal",
  async () => {
    const terminal = take("task");
    await terminal.until(". /");
    await terminal.until("own shell");
    const env = /\. (\/\S+\/env)/.exec(withoutControl(terminal.screen))?.[1];
    const { code } = await host.command(["sh", "-c", `. ${env} && touch done`]);
    expect(code).toBe(0);
    await terminal.until("Afterwards.");
    expect(await terminal.exited).toBe(0);
  },
  TIMEOUT,
);

rootTest(
  "a pause: a shell and back, into smaller steps and back to the same state, look, why, verify, on",
  async () => {
    const terminal = take("pauses", { rows: 80 });
    const prompt = "w v R q ?]";
    await terminal.until("▶ namespaces: set the hostname");
    await terminal.until(prompt);
    terminal.type("s");
    await terminal.until("(inside) #");
    terminal.type("echo in-$((20+3)); exit\r");
    await terminal.until("in-23");
    await terminal.until(prompt);
    terminal.type("i");
    await terminal.until("Enter goes on to the next layer now.");
    await terminal.until(prompt);
    terminal.type("\r");
    await terminal.until("▶ cgroups");
    await terminal.until(prompt);
    terminal.type("b");
    await terminal.until("▶ namespaces: set the hostname");
    await terminal.until(prompt);
    terminal.type("k");
    await terminal.until("Look at what?");
    await terminal.until("Enter: confirm");
    terminal.type("\r");
    await terminal.until(/≠ pid namespace/);
    await terminal.until(prompt);
    terminal.type("w");
    await terminal.until("is asked for in src/layers/namespaces.ts");
    await terminal.until(prompt);
    terminal.type("v");
    await terminal.until("namespaces.pid");
    await terminal.until(prompt);
    terminal.type("r");
    await terminal.until("▶ overlay");
    await terminal.until(prompt);
    terminal.type("r");
    await terminal.until("▶ The container is finished");
    await terminal.until("v R q ?]");
    terminal.type("s");
    await terminal.until("# ");
    terminal.type("grep Seccomp: /proc/self/status\r");
    await terminal.until(/Seccomp:\s+2/);
    terminal.type("exit\r");
    await terminal.until("v R q ?]");
    terminal.type("\r");
    await terminal.until("The end comes.");
    expect(await terminal.exited).toBe(0);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "Ctrl-C in a shell is for what runs in it: in one's own, in the half-built container, in the finished one",
  async () => {
    const interrupted = async (terminal: TestTerminal): Promise<void> => {
      const sleeps = (wanted: boolean) =>
        waitUntil(
          () => isRunning("sleep", "1003") === wanted,
          5000,
          () => (wanted ? "the command does not run" : "Ctrl-C has not ended the command"),
        );
      terminal.type("sleep 1003\r");
      await sleeps(true);
      terminal.type("\x03");
      await sleeps(false);
      terminal.type("echo alive-$((2+3)); exit\r");
      await terminal.until("alive-5");
    };
    const terminal = take("task");
    await terminal.until("own shell");
    terminal.type("t");
    await terminal.until("exit comes back here");
    await interrupted(terminal);
    await terminal.until("own shell");
    terminal.type("q");
    expect(await terminal.exited).toBe(0);
    const pauses = take("pauses", { rows: 80 });
    await pauses.until("w v R q ?]");
    pauses.type("s");
    await pauses.until("(inside) #");
    await interrupted(pauses);
    for (let i = 0; i < 2; i++) {
      await pauses.until("w v R q ?]");
      pauses.type("r");
    }
    await pauses.until("[Enter b k s p v R q ?]");
    pauses.type("s");
    await pauses.until("# ");
    await interrupted(pauses);
    await pauses.until("[Enter b k s p v R q ?]");
    pauses.type("q");
    expect(await pauses.exited).toBe(0);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "text that is longer than the screen comes in portions; after a resize, the next ones fit the new width",
  async () => {
    const terminal = take("long");
    await terminal.until("Enter read on");
    terminal.type("t");
    await terminal.until("exit comes back here");
    terminal.type("exit\r");
    await terminal.until("read on");
    expect(terminal.screen).not.toContain("Part 5");
    terminal.resize(60, 20);
    await Bun.sleep(100);
    const before = terminal.screen.length;
    while (!terminal.screen.includes("Enter run it") && !terminal.screen.includes("[Enter s t")) {
      const from = terminal.screen.length;
      terminal.type("\r");
      await waitUntil(
        () => /read on|run it|\[Enter s t/.test(terminal.screen.slice(from)),
        5000,
        () => terminal.screen.slice(from),
      );
      const portion = withoutControl(terminal.screen.slice(from)).replaceAll("\r", "").split("\n");
      expect(portion.length).toBeLessThanOrEqual(20);
    }
    const widths = withoutControl(terminal.screen.slice(before))
      .split(/\r\n?/)
      .map((it) => Bun.stringWidth(it));
    expect(Math.max(...widths)).toBeLessThanOrEqual(60);
    terminal.type("q");
    await terminal.exited;
  },
  TIMEOUT,
);

rootTest(
  "--accessible: no control sequence, numbers and Enter, the whole lesson",
  async () => {
    const terminal = learn(host, ["--accessible", lessonFile(host, "words")]);
    await terminal.until("then Enter");
    terminal.type("2\r");
    await terminal.until("1. run it");
    await terminal.until("then Enter");
    terminal.type("\r");
    await terminal.until("ran-42");
    await terminal.until("then Enter");
    terminal.type("1\r");
    expect(await terminal.exited).toBe(0);
    expect(terminal.screen).not.toMatch(/\x1b/);
    await nothingLeft(host);
  },
  TIMEOUT,
);

rootTest(
  "with NO_COLOR there is no colour, in the menu neither",
  async () => {
    const terminal = learn(host, []);
    await terminal.until("Search:");
    terminal.type("\x1b");
    await terminal.exited;
    const lesson = take("words");
    await lesson.until("1–2");
    lesson.type("q");
    await lesson.exited;
    expect(terminal.screen + lesson.screen).not.toMatch(/\x1b\[[0-9;]*[1-9][0-9;]*m/);
  },
  TIMEOUT,
);

rootTest(
  "--present: each heading on an empty screen, and the notes in a second terminal",
  async () => {
    const terminal = learn(host, ["--present", lessonFile(host, "talk")]);
    await terminal.until("minidocker learn notes");
    const notes = learn(host, ["notes"]);
    terminal.type("\r");
    await terminal.until("Text.");
    await notes.until("Say hello.");
    expect(notes.screen).toContain("of 5 minutes");
    expect(terminal.screen).not.toContain("hello");
    terminal.type("\r");
    await terminal.until(/\x1b\[2J[\s\S]*More\./);
    await notes.until("Say goodbye.");
    terminal.type("q");
    await terminal.exited;
    await notes.until("has ended");
    expect(await notes.exited).toBe(0);
  },
  TIMEOUT,
);
