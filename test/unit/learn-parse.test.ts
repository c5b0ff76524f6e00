// A lesson's file becomes a Lesson, and whatever is wrong in it is told by its line, with what to write instead.

import { describe, expect, test } from "bun:test";
import { lessonName } from "../../src/learn/format/head.ts";
import { describeProblems } from "../../src/learn/format/problem.ts";
import type { PartKind } from "../../src/learn/lesson.ts";
import { fence, head, lesson, predict, problems, solution, task } from "./lesson-text.ts";

describe("a whole lesson", () => {
  const text = `${head}
# One

Some *prose*.

\`\`\`sh
shown
\`\`\`

## Two

${predict}${fence("run host", "echo 1\necho 2")}${fence("expect status any", "1\n…")}
${fence("pause", "namespaces: set the hostname: sethostname")}${fence("verify", "# names\nnamespaces.uts is yes\nseccomp.filter is no")}
${task}${fence("hint", "Think.")}${fence("hint when", "test -e wrong\n---\nNot that.")}${solution}${fence("solve without host", "touch wrong")}
${fence("pause", "finished")}${fence("probe sethostname", "")}${fence("probe mount without overlay capabilities", "")}
${fence("src src/layers/namespaces.ts#make", "The layer.")}${fence("note", "Take your time.")}`;
  const read = lesson(text);

  test("the head", () => {
    const { title, minutes, layers, requires, after, container, headLines } = read;
    expect({ title, minutes, layers, requires, after, container }).toEqual({
      title: "A hostname of its own",
      minutes: 10,
      layers: ["namespaces.uts"],
      requires: ["userns"],
      after: [],
      container: ["--hostname", "a b", "base"],
    });
    expect(headLines).toMatchObject({ title: 2, container: 7 });
  });

  test("its parts, in order", () => {
    const kinds: PartKind[] = [
      "prose",
      "prose",
      "predict",
      "run",
      "expect",
      "pause",
      "verify",
      "verify",
      "hint",
      "hint",
    ];
    kinds.push("solve", "solve", "pause", "probe", "probe", "src", "note");
    expect(read.parts.map((it) => it.kind)).toEqual(kinds);
  });

  test("a part knows its line", () => {
    const lines = text.split("\n");
    for (const part of read.parts) {
      if (part.kind === "prose") expect(lines[part.line - 1]).toStartWith("#");
      else expect(lines[part.line - 1]).toStartWith(`\`\`\`${part.kind}`);
    }
  });

  test("prose keeps blocks that are not the lesson's, and begins anew with a heading", () => {
    expect(read.parts[0]).toMatchObject({ markdown: "# One\n\nSome *prose*.\n\n```sh\nshown\n```" });
    expect(read.parts[1]).toMatchObject({ markdown: "## Two" });
  });

  test("what is in the blocks", () => {
    const of = (kind: PartKind) => read.parts.filter((it) => it.kind === kind);
    expect(of("predict")[0]).toMatchObject({
      question: "What?",
      choices: [
        { text: "A", right: true, why: undefined },
        { text: "B", right: false, why: "b: no" },
      ],
    });
    expect(of("run")[0]).toMatchObject({ where: "host", script: "echo 1\necho 2" });
    expect(of("expect")[0]).toMatchObject({ status: "any", lines: ["1", "…"] });
    expect(of("pause").map((it) => it.kind === "pause" && it.target)).toEqual([
      { layer: "namespaces", step: "set the hostname", call: "sethostname" },
      "finished",
    ]);
    expect(of("verify")[0]).toMatchObject({
      title: "names",
      became: false,
      test: {
        checks: [
          { id: "namespaces.uts", verdict: "yes" },
          { id: "seccomp.filter", verdict: "no" },
        ],
      },
    });
    expect(of("hint")[1]).toMatchObject({ text: "Not that.", when: "test -e wrong" });
    expect(of("solve").map((it) => it.kind === "solve" && it.without)).toEqual([false, true]);
    expect(of("probe").map((it) => it.kind === "probe" && it.without)).toEqual([
      ["namespaces.uts"],
      ["overlay", "capabilities"],
    ]);
    expect(of("src")[0]).toMatchObject({ file: "src/layers/namespaces.ts", symbol: "make", caption: "The layer." });
  });

  test("the same with Windows' ends of lines, and a byte order mark", () => {
    expect(lesson(`\uFEFF${text.replaceAll("\n", "\r\n")}`)).toEqual(read);
  });
});

test("a file's name is the lesson's, without its number", () => {
  expect(["lessons/01-uts.md", "a/b.md", "./20_x.md", "7.md", "90-minutes.md"].map(lessonName)).toEqual([
    "uts",
    "b",
    "x",
    "7",
    "minutes",
  ]);
});

const change = (from: string, to: string): string => head.replace(from, to);

describe("a broken head", () => {
  const cases: readonly [string, string, string][] = [
    ["none", "", "1: the head is missing; write instead: --- in the first line"],
    [
      "without an end",
      "---\ntitle: x\n",
      "1: the head has no end; write instead: --- in a line of its own below its last key",
    ],
    [
      "without a title",
      change("title: A hostname of its own\n", ""),
      "2: title is missing; write instead: title: A hostname",
    ],
    ["an empty title", change("A hostname of its own", ""), "2: title is empty; write instead: title: A hostname"],
    ["a mistyped key", change("requires", "require"), '6: "require" is not known here; write instead: requires: …'],
    ["an unknown key", change("requires", "licence"), '6: "licence" is not known here; write instead: one of title,'],
    ["minutes that are none", change("10", "ten"), "4: minutes has to be a whole number from 1 to 999"],
    [
      "layers that are no list",
      change("[namespaces.uts]", "uts"),
      "5: layers has to be a list of names; write instead: layers: [",
    ],
    [
      "a name with a blank",
      change("[userns]", "[user ns]"),
      '6: "user ns" is no name; write instead: requires: [userns]',
    ],
    ["a quote that is left open", change('"a b"', "'a b"), "7: a quote in container is not closed"],
    [
      "a colon in a text",
      change("A hostname", "UTS: a hostname"),
      '2: this is not YAML: a text with a colon and a blank in it has no quotes around it; write instead: title: "UTS: a hostname of its own"',
    ],
    [
      "a key twice",
      change("minutes: 10", "title: b\nminutes: 10"),
      "4: this key is there twice; write instead: it once",
    ],
    [
      "a backtick",
      change("A hostname", "`hostname`"),
      '2: this is not YAML: plain value cannot start with reserved character `; write instead: title: "`hostname` of its own"',
    ],
    ["a list", "---\n- title\n---\n", "2: keys and values are missing; write instead: title: A hostname of its own"],
  ];
  test.each(cases)("%s", (_, top, problem) => {
    const found = problems("# One\n", top);
    expect(found).toContainEqual(expect.stringContaining(problem));
  });
});

describe("a block out of place", () => {
  const without = head.replace(/container.*\n/, "");
  const run = fence("run host", "ls");
  const cases: readonly [string, string, string][] = [
    ["expect first", fence("expect", "a"), "1: an expect says what the run right above it prints, and there is none"],
    ["expect after prose", `${run}\nprose\n\n${fence("expect", "a")}`, "7: an expect says what the run right above it"],
    ["a hint without a task", fence("hint", "a"), "1: a hint belongs to the task right above it, and there is none"],
    [
      "a hint after a verify that is no task",
      fence("verify host", "# so\ntrue") + fence("hint", "a"),
      "5: a hint belongs",
    ],
    [
      "a solution after prose",
      `${task}${solution}\nprose\n\n${fence("solve without host", "ls")}`,
      "11: a solve belongs",
    ],
    ["a task without a solution", task, "1: the task has no solution; write instead: ```solve host below it"],
    ["only the wrong solution", task + fence("solve without host", "ls"), "1: the task has no solution"],
    ["two solutions", task + solution + solution, "8: the task has a solution already"],
    ["four hints", task + fence("hint", "a").repeat(4) + solution, "14: a fourth hint"],
    ["a question that nothing answers", `${run}${predict}\nprose`, "4: nothing after the question shows the answer"],
    [
      "inside before anything is half-built",
      fence("run inside", "ls"),
      "1: run inside comes before the container is begun",
    ],
    [
      "checks of nothing",
      fence("verify", "# so\nnamespaces.uts is yes"),
      "1: a verify of checks comes before the container",
    ],
  ];
  test.each(cases)("%s", (_, body, problem) => {
    expect(problems(body)).toContainEqual(expect.stringContaining(problem));
  });

  test.each([
    ["a pause", fence("pause", "finished")],
    ["a probe", fence("probe mount", "")],
    ["run container", fence("run container", "ls")],
    ["a verify of checks", fence("verify", "# so\nnamespaces.uts is yes")],
    ["verify container", fence("verify container", "# so\ntrue")],
  ])("%s, and no container", (what, body) => {
    expect(problems(body, without)).toEqual([
      `7: ${what} needs a container of the lesson; write instead: container: --network none base, in the head`.replace(
        /^\d+/,
        String(without.split("\n").length),
      ),
    ]);
  });
});

test("several mistakes are told at once, in the order of the lines", () => {
  const found = problems(fence("run hots", "ls") + fence("pause", "") + fence("src x", ""), change("10", "ten"));
  expect(found.map((it) => Number.parseInt(it, 10))).toEqual([4, 9, 12, 14]);
});

test("a message names file, line, reason and remedy", () => {
  expect(describeProblems("a.md", [{ line: 3, reason: "title is missing", remedy: "title: x" }])).toBe(
    "a.md:3: title is missing; write instead: title: x",
  );
});

test("control characters are refused wherever they stand, also as escapes of YAML: they could hide what a command does", () => {
  const told = (line: number, code: string): string =>
    `${line}: a control character, U+${code}, has no place in a lesson; write instead: a text without it`;
  expect(problems("# One\n\nText\x1b[2J\n")).toEqual([told(3, "001B")]);
  expect(problems(`# One\n\n${fence("run host", "true # \u202ehsur\r\ntrue")}`)).toEqual([told(4, "202E")]);
  expect(problems("# One\n", head.replace("A hostname", '"A \\e[31m').replace("own", 'own"'))).toEqual([
    told(2, "001B"),
  ]);
  expect(problems("# One\n\n\tcode\r\n\nä → 🙂\n")).toEqual([]);
});
