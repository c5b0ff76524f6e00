// Lessons by their names, paths through them, progress, and what a host must have.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkPaths, findPath, readPaths, searchLessons, shelf } from "../../src/learn/library.ts";
import { readProgress, resetProgress, writeProgress } from "../../src/learn/progress.ts";
import { findLesson, readLessons } from "../../src/learn/read.ts";
import { blockedBy, requirementRemedy, requirements } from "../../src/learn/requirements.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

const text = (title: string): string =>
  `---\ntitle: ${title}\nsummary: about ${title}\nminutes: 5\nlayers: []\n---\n# ${title}\n\nA Word here.\n`;

describe("the library", () => {
  let lessons = "";
  beforeAll(() => {
    lessons = join(folder, "lessons");
    mkdirSync(lessons);
    const files = { "02-pid.md": text("Pid"), "10-cpu.md": text("Cpu"), "walk.md": text("Walk"), "README.md": "# x" };
    for (const [name, it] of Object.entries({ ...files, "11-bad.md": "# nothing\n" }))
      writeFileSync(join(lessons, name), it);
  });

  test("in the order of the numbers, those without one first, what cannot be read with its problems", () => {
    for (const found of [shelf(lessons), readLessons(lessons)]) {
      expect(found.map((it) => it.name)).toEqual(["walk", "pid", "cpu", "bad"]);
      expect(found[3]).toMatchObject({ problems: [{ line: 1, reason: "the head is missing" }] });
    }
    expect(shelf(lessons)[1]?.head).toMatchObject({ title: "Pid", minutes: findLesson("pid", lessons).minutes });
  });

  test.each(["pid", "02-pid", "2"])("%s is a lesson's name", (name) => {
    expect(findLesson(name, lessons).title).toBe("Pid");
  });

  test("a file is a path, or ends with .md", () => {
    expect(findLesson(join(lessons, "10-cpu.md"), "/nowhere").name).toBe("cpu");
  });

  test.each([
    ["pdi", 'no lesson is called "pdi"; did you mean pid?'],
    ["quantum", 'no lesson is called "quantum"; minidocker learn list shows them all'],
    ["./nothing.md", "./nothing.md: there is no such file"],
  ])("%s is refused", (name, message) => {
    expect(() => findLesson(name, lessons)).toThrow(message);
  });

  test("a lesson with mistakes is refused with all of them", () => {
    expect(() => findLesson("bad", lessons)).toThrow("11-bad.md:1: the head is missing; write instead: ---");
  });

  test("a word is searched in whatever case, title and summary first", () => {
    expect(searchLessons(["CPU"], lessons).map((it) => [it.name, it.line, it.text])).toEqual([
      ["cpu", 2, "title: Cpu"],
      ["cpu", 3, "summary: about Cpu"],
      ["cpu", 7, "# Cpu"],
    ]);
    expect(searchLessons(["word"], lessons)).toHaveLength(3);
  });

  test("of several words, all have to be in the lesson; lines with more of them come first", () => {
    expect(searchLessons(["word", "about", "cpu"], lessons).map((it) => [it.name, it.line])).toEqual([
      ["cpu", 3],
      ["cpu", 2],
      ["cpu", 7],
      ["cpu", 9],
    ]);
    expect(searchLessons(["cpu", "walk"], lessons)).toEqual([]);
    expect(searchLessons(["a word"], lessons)).toHaveLength(3);
  });

  test("paths: in their order; a lesson that is not there is told by its line", () => {
    const row = (name: string, list: string): string => `${name}:\n  title: T\n  summary: s\n  lessons: [${list}]\n`;
    writeFileSync(join(lessons, "paths.yaml"), row("short", "pid") + row("long", "pid, cpv"));
    expect(readPaths(lessons).map((it) => [it.name, it.lessons])).toEqual([
      ["short", ["pid"]],
      ["long", ["pid", "cpv"]],
    ]);
    expect(checkPaths(lessons)).toEqual([{ line: 8, reason: "there is no lesson cpv", remedy: "cpu" }]);
    expect(findPath("short", lessons).title).toBe("T");
    expect(() => findPath("shrot", lessons)).toThrow('no path is called "shrot"; did you mean short?');
  });

  test("paths that cannot be understood are refused by their lines", () => {
    writeFileSync(join(lessons, "paths.yaml"), "short:\n  title: T\n  lessons: pid\n");
    const wanted = "paths.yaml:1: summary is missing; write instead: summary: all of it";
    expect(() => readPaths(lessons)).toThrow(wanted);
    expect(() => readPaths(lessons)).toThrow("paths.yaml:3: lessons has to be a list of names");
  });
});

describe("progress", () => {
  let told: string[] = [];
  const tell = (it: string): void => void told.push(it);
  const paths = () => ({ state: join(folder, "state"), data: join(folder, "data") });
  const file = () => join(folder, "data/learn/progress.json");
  beforeEach(() => {
    told = [];
  });

  test("nothing at first; what is written is read", () => {
    expect(readProgress(paths(), tell)).toEqual({});
    writeProgress(paths(), "uts", { status: "seen", wrong: ["What?", "What?"] }, tell);
    expect(readProgress(paths(), tell)).toEqual({
      uts: { status: "seen", when: expect.stringMatching(/^\d{4}-/), wrong: ["What?"] },
    });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "data/learn")).sort()).toEqual(["lock", "progress.json"]);
  });

  test("what was solved stays solved", () => {
    writeProgress(paths(), "uts", { status: "solved", wrong: [] }, tell);
    writeProgress(paths(), "uts", { status: "begun", wrong: ["Why?"] }, tell);
    expect(readProgress(paths(), tell)["uts"]).toMatchObject({ status: "solved", wrong: ["Why?"] });
  });

  test("one lesson is forgotten, then all", () => {
    writeProgress(paths(), "pid", { status: "begun", wrong: [] }, tell);
    expect(resetProgress(paths(), "uts", tell)).toEqual(["uts"]);
    expect(resetProgress(paths(), "uts", tell)).toEqual([]);
    expect(resetProgress(paths(), undefined, tell)).toEqual(["pid"]);
    expect(existsSync(file())).toBe(false);
    expect(told).toEqual([]);
  });

  test("forgetting waits for who writes at the same time, and forgets that as well", async () => {
    writeProgress(paths(), "uts", { status: "seen", wrong: [] }, tell);
    const lock = join(folder, "data/learn/lock");
    const script = `echo locked; sleep 0.3; sed 's/"uts"/"pid"/' "$1" >"$1.new"; mv "$1.new" "$1"`;
    const other = Bun.spawn(["flock", lock, "sh", "-c", script, "sh", file()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await other.stdout.getReader().read();
    expect(resetProgress(paths(), "pid", tell)).toEqual(["pid"]);
    await other.exited;
    expect(readProgress(paths(), tell)).toEqual({});
  });

  test("where nothing was ever done, forgetting makes no folder", () => {
    const nowhere = { state: join(folder, "state"), data: join(folder, "nowhere") };
    expect(resetProgress(nowhere, undefined, tell)).toEqual([]);
    expect(existsSync(nowhere.data)).toBe(false);
  });

  test.each(["", "{", "[]", '{"version":2}', '{"version":1,"lessons":{"uts":{"status":"won"}}}'])(
    "a damaged file is kept aside and told about: %s",
    (damaged) => {
      writeFileSync(file(), damaged);
      expect(readProgress(paths(), tell)).toEqual({});
      expect(told).toEqual([`${file()} is damaged: it is kept as ${file()}.damaged, and progress begins anew`]);
      expect(readFileSync(`${file()}.damaged`, "utf8")).toBe(damaged);
      writeProgress(paths(), "uts", { status: "seen", wrong: [] }, tell);
      expect(Object.keys(readProgress(paths(), tell))).toEqual(["uts"]);
    },
  );
});

describe("requirements", () => {
  test("one that is missing says what is missing, and all are told", async () => {
    expect(await blockedBy(["kernel-99.0", "program:nosuchprogram"])).toMatch(
      /^needs kernel-99\.0: this kernel is .*; needs program:nosuchprogram: nosuchprogram is not installed$/,
    );
  });

  test("none is no reason", async () => {
    expect(await blockedBy([])).toBeUndefined();
    expect(await blockedBy(["kernel-3.10", `arch:${process.arch === "x64" ? "x86_64" : "aarch64"}`])).toBeUndefined();
  });

  test("every one can be tested", async () => {
    for (const { name } of requirements) {
      const example = name.replace("CONTROLLER", "memory").replace("VERSION", "5.15").replace("ARCHITECTURE", "x86_64");
      const why = await blockedBy([example.replace("NAME", "sh")]);
      if (why !== undefined) expect(why).toStartWith(`needs ${example}: `);
    }
  });

  test("a name that nobody knows", () => {
    expect(requirementRemedy("cgroup2.memory")).toBeUndefined();
    expect(requirementRemedy("overlaay")).toBe("overlay");
    expect(requirementRemedy("program:")).toBe("program:NAME");
  });
});
