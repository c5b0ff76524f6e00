// What a lesson names is looked up: layers, checks, probes, requirements, excerpts, places in the making of its container.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readContainer } from "../../src/cli/learn/container.ts";
import { checkDraft, checkLesson } from "../../src/learn/format/check.ts";
import { gatherKnown, type Known } from "../../src/learn/format/known.ts";
import { newLesson } from "../../src/learn/format/new.ts";
import { parseLesson } from "../../src/learn/format/parse.ts";
import { describeProblems } from "../../src/learn/format/problem.ts";
import { checkPaths, readPaths } from "../../src/learn/library.ts";
import { readLessons } from "../../src/learn/read.ts";
import { probes } from "../../src/probes/index.ts";
import { Run } from "../harness/run.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";
import { fence, lesson } from "./lesson-text.ts";

const repository = join(import.meta.dir, "../..");
const known: Known = gatherKnown(
  readContainer,
  probes.map((it) => it.name),
);

/** `line: reason; write instead: remedy`, of a text that can be read. */
async function problems(text: string): Promise<string[]> {
  const found = await checkLesson(lesson(text, "x.md"), known);
  return found.map((it) => `${it.line}: ${it.reason}; write instead: ${it.remedy}`);
}

const head = (change: Record<string, string> = {}): string => {
  const fields = { title: "x", summary: "y", minutes: "5", layers: "[namespaces.uts]", container: "--hostname x base" };
  const rows = Object.entries({ ...fields, ...change }).map(([key, value]) => `${key}: ${value}\n`);
  return `---\n${rows.join("")}---\n# One\n`;
};

describe("the lessons that there are", () => {
  for (const entry of readLessons()) {
    test(entry.name, async () => {
      const found = entry.lesson === undefined ? entry.problems : await checkLesson(entry.lesson, known);
      expect(describeProblems(entry.path, found)).toBe("");
    });
  }

  test("the paths lead to lessons", () => {
    expect(describeProblems("paths.yaml", checkPaths())).toBe("");
    expect(readPaths().map((it) => it.name)).toEqual(["90-minutes", "day", "security"]);
  });

  test.each([
    ["what learn new writes", newLesson("read-only-root")],
    ["the workshop", readFileSync(join(repository, "examples/workshop.md"), "utf8")],
  ])("%s", async (_, text) => {
    expect(await problems(text)).toEqual([]);
  });
});

test("every block that the guide for authors shows can be read, in one lesson", () => {
  const guide = readFileSync(join(repository, "docs/writing-lessons.md"), "utf8");
  const yaml = /^```yaml\n([\s\S]*?)^```/m.exec(guide)?.[1] ?? "";
  const shown = [...guide.matchAll(/^````markdown\n([\s\S]*?)^````/gm)].map(([, it = ""]) => it);
  expect(shown.length).toBeGreaterThan(8);
  // what judges a container comes before the chapter that begins one
  const read = parseLesson(`${yaml}\n# All\n\n${fence("pause", "namespaces")}${shown.join("\n")}`, "guide.md");
  expect("problems" in read ? describeProblems("guide", read.problems) : "").toBe("");
});

describe("a name in the head", () => {
  const cases: readonly [string, Record<string, string>, string][] = [
    ["a layer", { layers: "[secomp]" }, '5: no layer is called "secomp"; write instead: seccomp'],
    ["a part", { layers: "[namespaces.ust]" }, '5: no layer is called "namespaces.ust"; write instead: namespaces.uts'],
    ["a requirement", { requires: "[usrns]" }, '7: no requirement is called "usrns"; write instead: userns'],
    ["a lesson", { after: "[utz]" }, '7: no lesson is called "utz"; write instead: uts'],
    ["itself", { after: "[x]" }, "7: a lesson cannot come after itself"],
    [
      "an option",
      { container: "--netwrok none base" },
      "6: container: unknown option --netwrok; did you mean --network?;",
    ],
    ["no image", { container: "--network none" }, "6: container: run needs an IMAGE|ROOTFS"],
    ["a command", { container: "base true" }, "6: container: behind the image stands true"],
    ["a terminal", { container: "-it base" }, "6: container: --interactive has no place here"],
    ["a size", { container: "-m 1q base" }, "6: container: --memory 1q: not a size"],
  ];
  test.each(cases)("%s", async (_, change, problem) => {
    expect(await problems(head(change))).toEqual([expect.stringContaining(problem)]);
  });

  test.each(["cgroup2.memory", "cgroup.pids", "kernel-5.15", "arch:x86_64", "program:nsenter", "namespaces.time"])(
    "%s is a requirement",
    async (name) => expect(await problems(head({ requires: `[${name}]` }))).toEqual([]),
  );
});

const pause = (...places: string[]): string => places.map((it) => fence("pause", it)).join("");

describe("a name in a block", () => {
  const cases: readonly [string, string, string][] = [
    ["a probe", fence("probe sethostnam", ""), '9: no probe is called "sethostnam"; write instead: sethostname'],
    [
      "its layer",
      fence("probe sethostname without namspaces", ""),
      '9: no layer is called "namspaces"; write instead: namespaces',
    ],
    [
      "a check",
      pause("finished") + fence("verify", "# so\nnamespaces.usr is yes"),
      '14: no check is called "namespaces.usr"; write instead: namespaces.user',
    ],
    [
      "a symbol",
      fence("src src/layers/namespaces.ts#mak", ""),
      "9: src/layers/namespaces.ts declares no mak; write instead: ```src src/layers/namespaces.ts#make",
    ],
    ["a source", fence("src src/layers/nothing.ts#make", ""), "9: there is no src/layers/nothing.ts"],
    ["no source", fence("src ../etc/passwd.ts#make", ""), "9: ../etc/passwd.ts is no source file of minidocker"],
    ["a layer", pause("namespace"), '10: nothing called "namespace" is part of the making; write instead: namespaces'],
    [
      "a step",
      pause("namespaces: set the hostnam"),
      '10: namespaces has no step "set the hostnam"; write instead: namespaces: set the hostname',
    ],
    [
      "a call",
      pause("namespaces: set the hostname: sethostnam"),
      '10: no call "sethostnam" is made in this step; write instead: namespaces: set the hostname: sethostname',
    ],
    [
      "a step of others",
      pause("namespaces: join a uts namespace"),
      '10: the lesson\'s container takes no step "join a uts namespace"',
    ],
    ["a place twice", pause("overlay", "overlay"), "13: the container is past this already"],
    ["a place before", pause("overlay", "namespaces"), "13: the container is past this already"],
    ["a place after the end", pause("finished", "overlay"), "13: the container is past this already"],
    ["a script", fence("run host", "true\nif true; then"), "11: sh does not understand this: "],
    [
      "a diagnosis",
      fence("verify host became", "# so\nminidocker run base") +
        fence("hint when", "true )\n---\nx") +
        fence("solve host", "minidocker run base true"),
      "14: sh does not understand this: ",
    ],
    [
      "no proof",
      fence("verify host became", "# so\ntrue") + fence("solve host", "true"),
      "13: nothing proves that the task depends on namespaces.uts; write instead: ```solve without host",
    ],
  ];
  test.each(cases)("%s", async (_, body, problem) => {
    expect(await problems(head() + body)).toEqual([expect.stringContaining(problem)]);
  });

  test("a probe of a lesson about no layer says which one is left out", async () => {
    const [found] = await problems(head({ layers: "[]" }) + fence("probe sethostname", ""));
    expect(found).toContain("write instead: ```probe sethostname without namespaces.uts");
    expect(await problems(head({ layers: "[]" }) + fence("probe sethostname without namespaces.uts", ""))).toEqual([]);
  });

  test("the runtime's own parts come several times, and the container stops at the next one", async () => {
    const places = ["process: a session of its own", "capabilities", "process: enter the working directory", "seccomp"];
    expect(await problems(head() + pause(...places, "finished"))).toEqual([]);
  });
});

describe("a lesson with mistakes that hide nothing", () => {
  const told = async (text: string): Promise<string[]> => {
    const read = parseLesson(text, "x.md");
    const found = "draft" in read ? [...read.problems, ...(await checkDraft(read.draft, known))] : [];
    return found.map((it) => `${it.line}: ${it.reason}`);
  };
  const body =
    pause("namespaces: set the hostnam", "namespace") +
    fence("probe sethostnam", "") +
    fence("src src/layers/namespaces.ts#mak", "");
  const names = [
    'namespaces has no step "set the hostnam"',
    'nothing called "namespace" is part of the making',
    'no probe is called "sethostnam"',
    "src/layers/namespaces.ts declares no mak",
  ].map((it) => expect.stringContaining(it));

  test("no container: unknown names are told as well", async () => {
    const needs = ["pause", "pause", "probe"].map((it) => expect.stringContaining(`a ${it} needs a container`));
    expect(await told(head().replace(/container.*\n/, "") + body)).toEqual([...needs, ...names]);
  });

  test("no container, and a block that cannot be read", async () => {
    const found = await told(head().replace(/container.*\n/, "") + fence("src nothing", "") + pause("finished"));
    expect(found).toEqual([
      expect.stringContaining("an excerpt is a file and a symbol"),
      expect.stringContaining("a pause needs a container"),
    ]);
  });

  test("a head that cannot be read", async () => {
    const wrong = expect.stringContaining("minutes has to be a whole number");
    expect(await told(head({ minutes: "x" }) + body)).toEqual([wrong, ...names]);
  });

  test("a block that cannot be read: no proof is missed, for it may be that block", async () => {
    const task = fence("verify host became", "# so\ntrue") + fence("solve host", "true");
    const broken = expect.stringContaining('"hots" is no place to run a script');
    expect(await told(head() + task + fence("solve without hots", "true"))).toEqual([broken]);
  });

  test("no container: what some container has is believed", async () => {
    const places = ["namespaces: join a uts namespace", "process: a session of its own", "seccomp"];
    const found = await told(head().replace(/container.*\n/, "") + pause(...places));
    expect(found).toEqual(places.map(() => expect.stringContaining("a pause needs a container")));
  });
});

describe("minidocker learn", () => {
  let folder = "";
  beforeAll(() => {
    folder = temporaryFolder();
    cpSync(join(repository, "examples/workshop.md"), join(folder, "workshop.md"));
  });
  afterAll(() => removeFolder(folder));
  const learn = (...args: string[]) => {
    const env = { MINIDOCKER_STATE: `${folder}/state`, MINIDOCKER_DATA: `${folder}/data`, HOME: folder };
    return Run.start([process.execPath, join(repository, "src/main.ts"), "learn", ...args], { env, cwd: folder })
      .outcome;
  };

  test("check: a lesson without mistakes, and a broken copy of it", async () => {
    expect(await learn("check", "workshop.md")).toMatchObject({ code: 0, stderr: "" });
    const text = readFileSync(join(folder, "workshop.md"), "utf8");
    await Bun.write(
      join(folder, "broken.md"),
      text.replace("```run container", "```run hots").replace("minutes: 20", "minutes: x"),
    );
    const { code, stdout } = await learn("check", "broken.md");
    const line = text.split("\n").indexOf("```run container") + 1;
    expect(code).toBe(1);
    expect(stdout).toContain(
      "broken.md:4: minutes has to be a whole number from 1 to 999; write instead: minutes: 15\n",
    );
    expect(stdout).toContain(`broken.md:${line}: "hots" is no place to run a script; write instead: \`\`\`run host\n`);
  });

  test("check: a file that is not there", async () => {
    expect(await learn("check", "nothing.md")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "minidocker: nothing.md: there is no such file\n",
    });
  });

  test("check --requirements lists their names", async () => {
    const { stdout } = await learn("check", "--requirements");
    for (const it of ["root", "userns", "cgroup2.CONTROLLER", "program:NAME"]) expect(stdout).toContain(it);
  });

  test("new: a lesson that passes check, and is not written twice", async () => {
    expect(await learn("new", "my-lesson")).toMatchObject({ code: 0, stderr: "" });
    expect(await learn("check", "my-lesson.md")).toMatchObject({ code: 0 });
    const { requires } = lesson(readFileSync(join(folder, "my-lesson.md"), "utf8"));
    expect(requires).toEqual(["userns", "program:unshare", "program:nsenter", "program:hostname"]);
    const again = await learn("new", "my-lesson");
    expect(again).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "minidocker: my-lesson.md is there already: choose another name\n",
    });
    expect((await learn("new", "../x")).stderr).toContain("a lesson's name has small letters");
  });

  test("list: every lesson, what it needs, whether it can be run here", async () => {
    const { stdout, code } = await learn("list", "--json");
    const listed = JSON.parse(stdout) as Record<string, unknown>[];
    expect(code).toBe(0);
    expect(listed.map((it) => it["name"])).toEqual(readLessons().map((it) => it.name));
    expect(listed.find((it) => it["name"] === "uts")).toMatchObject({ requires: expect.arrayContaining(["userns"]) });
  });

  test("search: the lines, whatever the case; no hit is 1", async () => {
    const { stdout } = await learn("search", "HOSTNAME");
    expect(stdout).toContain("uts: A hostname of its own");
    expect(await learn("search", "nosuchword")).toMatchObject({ code: 1, stdout: "" });
    expect((await learn("search", "hostname", "uts")).stdout).toContain("uts: A hostname of its own");
    expect(await learn("search", "hostname", "nosuchword")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no lesson speaks of "hostname" and "nosuchword"'),
    });
    expect((await learn("search")).stderr).toContain("learn search needs a WORD");
  });

  test("reset: one lesson, which must exist; all", async () => {
    expect((await learn("reset", "ust")).stderr).toContain("did you mean uts?");
    expect(await learn("reset")).toMatchObject({ code: 0, stderr: "minidocker: there was nothing to forget\n" });
  });
});
