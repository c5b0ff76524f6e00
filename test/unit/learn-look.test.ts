// What a learner's terminal is given to show, and what it hears.

import { expect, test } from "bun:test";
import { splitKeys } from "../../src/cli/keys.ts";
import { plainText, shortBegin } from "../../src/cli/learn/plain.ts";
import { shownPause } from "../../src/cli/learn/shown-pause.ts";
import { sideBySide } from "../../src/cli/learn/terminal/side-by-side.ts";
import { showNotes } from "../../src/cli/learn/terminal/speaker.ts";
import { palette } from "../../src/cli/palette.ts";
import { showChanges } from "../../src/cli/pause-lines.ts";
import type { Event } from "../../src/learn/event.ts";
import type { Lesson } from "../../src/learn/lesson.ts";
import { Run } from "../harness/run.ts";

const narrow = <T>(columns: number, action: () => T): T => {
  process.env["COLUMNS"] = String(columns);
  try {
    return action();
  } finally {
    delete process.env["COLUMNS"];
  }
};

test("keys have names, arrows are one key, and sequences that have no name are none", () => {
  expect(splitKeys("a\r")).toEqual(["a", "enter"]);
  expect(splitKeys("\x1b[A\x1bOB\x03")).toEqual(["up", "down", "ctrl-c"]);
  expect(splitKeys("\x1b")).toEqual(["escape"]);
  expect(splitKeys("\x1b[24;5~é漢")).toEqual(["é", "漢"]);
  expect(splitKeys("\x01")).toEqual([]);
});

const rows = [
  { label: "hostname", host: "machine", here: "lesson" },
  { label: "root", host: "/", here: "/" },
  { label: "cgroup", host: "/", here: `/${"long".repeat(20)}` },
];

test("the host and the container stand in two columns; what differs has a sign", () => {
  const lines = narrow(80, () => sideBySide(rows)).split("\n");
  expect(lines[0]).toMatch(/^ +host +container$/);
  expect(lines[1]).toMatch(/^≠ hostname +machine +lesson$/);
  expect(lines[2]).toMatch(/^= root +\/ +\/$/);
  expect(Math.max(...lines.map((it) => it.length))).toBeLessThanOrEqual(80);
});

test("what is too long for its column goes on below, after a slash where there is one, and wide characters count twice", () => {
  const path = `/${"machine/".repeat(5)}end`;
  const lines = narrow(80, () => sideBySide([{ label: "cgroup", host: path, here: "漢字".repeat(20) }])).split("\n");
  expect(lines[1]).toMatch(/^≠ cgroup +(\/machine\/)(machine\/)+ +漢/);
  expect(Math.max(...lines.map((it) => Bun.stringWidth(it)))).toBeLessThanOrEqual(80);
});

test("in a narrow terminal, one stands below the other", () => {
  expect(narrow(60, () => sideBySide(rows.slice(0, 2)))).toBe(
    "≠ hostname\n    host       machine\n    container  lesson\n= root  /",
  );
});

test("a change of a value is one line where there is room; the rest of a long section is counted", () => {
  const look = { paint: palette(2), limit: () => 2 };
  const shown = (removed: string[], added: string[]): string[] =>
    narrow(60, () => showChanges([{ section: "s", removed, added }], "step", look)).map((it) =>
      it.replace(/\x1b\[\d+m/g, ""),
    );
  expect(shown(["uts:[1] (the host's)"], ["uts:[2]"])).toEqual(["   s", "   ~ uts:[1] (the host's) → [2]"]);
  expect(shown(["a"], ["b"])).toEqual(["   s", "   - a", "   + b"]);
  expect(shown([], ["a", "b", "c", "d"])).toEqual(["   s", "   + a", "   + b", "     … and 2 more"]);
  expect(shown([], ["evil\x1b[2J"])).toEqual(["   s", "   + evil\\x1b[2J"]);
});

test("text and pages group calls by step, and hear nothing of descriptors, which come and go with every step", () => {
  const call = (step: string, text: string) => ({
    origin: { layer: "l", step },
    show: () => text,
    result: { value: 0 },
  });
  const pause = {
    kind: "pause",
    pause: undefined,
    made: [call("s", "a()"), call("s", "b()"), call("t", "c()")],
    changes: [{ section: "descriptors", removed: [], added: ["3 → /"] }],
    checks: [],
  } as unknown as Extract<Event, { kind: "pause" }>;
  expect(shownPause(pause)).toMatchObject({
    size: "3 calls",
    made: [
      { place: "l: s", calls: ["a() = 0", "b() = 0"] },
      { place: "l: t", calls: ["c() = 0"] },
    ],
    changes: [],
  });
  expect(plainText(pause)).not.toContain("what the kernel shows");
});

test("a speaker sees notes, and by how much the time is over", () => {
  const began = 1_000_000;
  const state = { title: "T", minutes: 5, began, heading: "H", notes: ["Say *it*."], whole: ["Take time."], now: "" };
  const shown = showNotes(state, began + 7 * 60_000);
  expect(shown).toContain("7 of 5 minutes, 2 over");
  expect(shown).toContain("Say it.");
  expect(shown).not.toContain("Take time.");
  expect(showNotes({ ...state, notes: [] }, began)).toMatch(/Of the whole lesson:\n\nTake time\./);
});

test("what a lesson is for is told once: where its own text does not", () => {
  const begin = (markdown: string) => {
    const lesson = { title: "T", summary: "see", minutes: 5, parts: [{ kind: "prose", line: 1, markdown }] };
    return { kind: "begin", lesson: lesson as unknown as Lesson, folder: "/", envFile: "/env" } as const;
  };
  expect(shortBegin(begin("# T\n\nAt the end you can see."))).toBe("About 5 minutes.\n\n");
  expect(shortBegin(begin("# T\n\n## First"))).toBe("Afterwards you can see. About 5 minutes.\n\n");
  expect(shortBegin(begin("# T"))).toBe("Afterwards you can see. About 5 minutes.\n\n");
  expect(plainText(begin("# T\n\nText."))).toBe("Afterwards you can see. About 5 minutes.\n\n");
});

test("for who listens, an empty line stands before each heading but the first", async () => {
  const script = `
    const { Screen } = await import("${import.meta.dir}/../../src/cli/learn/terminal/screen.ts");
    const screen = new Screen("stream");
    screen.add("One", { heading: true });
    await screen.flush();
    screen.asking("Number: ");
    screen.answered();
    screen.add("Two", { heading: true });
    screen.add("Text.");
    await screen.flush();`;
  const { stdout } = await Run.start([process.execPath, "-e", script]).outcome;
  expect(stdout).toBe("One\n\nTwo\n\nText.\n");
});
