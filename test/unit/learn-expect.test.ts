// What a run prints against what a lesson says that it prints.

import { describe, expect, test } from "bun:test";
import { matchOutput, matchStatus, type Names, patternProblem } from "../../src/learn/expect.ts";

const lines = (...wanted: string[]) => ({ kind: "expect", line: 1, status: 0, lines: wanted }) as const;

function match(wanted: readonly string[], output: string, names: Names = new Map()): string | undefined {
  return matchOutput(lines(...wanted), output, names);
}

describe("what is as expected", () => {
  const cases: readonly [string, readonly string[], string][] = [
    ["the same line", ["inside"], "inside\n"],
    ["without the last newline", ["inside"], "inside"],
    ["blanks at the end, and several of them", ["a b"], "a   b  \n"],
    ["tabs", ["a b"], "a\tb\n"],
    ["lines that end as on a terminal", ["a", "b"], "a\r\nb\r\n"],
    ["nothing", [], ""],
    ["empty lines at the end", ["a"], "a\n\n\n"],
    ["an empty line in between", ["a", "", "b"], "a\n\nb\n"],
    ["any lines", ["…"], "a\nb\n"],
    ["any lines, also none", ["a", "…", "b"], "a\nb\n"],
    ["any lines at the start", ["…", "b"], "x\nb\ny\nb\n"],
    ["any lines twice", ["…", "b", "…", "c"], "x\nb\ny\nb\nc\n"],
    ["a number", ["pid <number>"], "pid 4711\n"],
    ["hexadecimal digits", ["<hex>"], "0xdeadBEEF\n"],
    ["a word", ["uts:[<number>] <word>"], "uts:[4026531838] a.b/c\n"],
    ["anything, also nothing", ["a<any>"], "a\n"],
    ["signs that mean something elsewhere", ["a.b*[c](d)|$^\\"], "a.b*[c](d)|$^\\\n"],
    ["the same value twice in a line", ["<number:a> <number:a>"], "7 7\n"],
    ["two values in a line", ["<number:a> <number:b>"], "7 8\n"],
  ];
  test.each(cases)("%s", (_, wanted, output) => expect(match(wanted, output)).toBeUndefined());
});

describe("the first difference is told", () => {
  const cases: readonly [string, readonly string[], string, string][] = [
    ["another line", ["a", "b"], "a\nc\n", "line 2 of the output is not as expected\n  expected: b\n  got:      c"],
    ["nothing", ["a"], "", "nothing was printed\n  expected: a"],
    ["a line too few", ["a", "b"], "a\n", "it is nowhere in the output\n  expected: b\n  the last line was: a"],
    ["a line too many", ["a"], "a\nb\n", "line 2 of the output is one too many: b"],
    ["something where nothing should be", [], "b\n", "line 1 of the output is one too many: b"],
    ["no number", ["<number>"], "x\n", "line 1 of the output is not as expected\n  expected: <number>\n  got:      x"],
    [
      "a line that is nowhere",
      ["…", "b"],
      "x\ny\n",
      "it is nowhere in the output\n  expected: b\n  the last line was: y",
    ],
    [
      "a line after one that was found",
      ["…", "b", "c"],
      "x\nb\nd\n",
      "line 3 of the output is not as expected\n  expected: c\n  got:      d",
    ],
    ["an end that does not come", ["…", "b"], "b\nx\n", "line 2 of the output is one too many: x"],
  ];
  test.each(cases)("%s", (_, wanted, output, why) => expect(match(wanted, output)).toBe(why));
});

describe("a name has one value in a lesson", () => {
  test("learned in one output, asked for in the next", () => {
    const names: Names = new Map();
    expect(match(["pid <number:init>"], "pid 12\n", names)).toBeUndefined();
    expect(names.get("init")).toBe("12");
    expect(match(["child of <number:init>"], "child of 12\n", names)).toBeUndefined();
    expect(match(["child of <number:init>"], "child of 13\n", names)).toBe(
      "line 1 of the output is not as expected\n  expected: child of <number:init>\n  got:      child of 13\n  (init was 12 before, and is 13 here)",
    );
  });

  test("learned behind any lines: the first place where all of it fits", () => {
    const names: Names = new Map();
    expect(match(["…", "a <number:n>", "b <number:n>"], "a 1\na 2\nb 2\n", names)).toBeUndefined();
    expect(names.get("n")).toBe("2");
  });

  test("not learned from an output that is not as expected", () => {
    const names: Names = new Map();
    expect(match(["<number:n>", "b"], "1\nc\n", names)).toBeString();
    expect(names.size).toBe(0);
  });
});

test("many lines, many gaps: it does not take forever", () => {
  const output = "a\n".repeat(300);
  const start = performance.now();
  expect(match(["…", "a", "…", "a", "…", "a", "…", "b"], output)).toBeString();
  expect(performance.now() - start).toBeLessThan(2000);
});

describe("a placeholder that there is not", () => {
  test.each([
    ["<nummer>", "<number>"],
    ["<Number>", "<number>"],
    ["<nummer:pid>", "<number:pid>"],
    ["<wrod>", "<word>"],
    ["<pid>", "<number>"],
    ["<hexx:addr>", "<hex:addr>"],
  ])("%s is near %s", (written, meant) => {
    expect(patternProblem(`a ${written} b`)).toEqual({
      reason: `there is no placeholder ${written}`,
      remedy: `${meant}; there are <number>, <hex>, <word>, <any>, each also with a name, <number:name>`,
    });
  });

  test("<channel:name> has the form of one, and is near none", () => {
    expect(patternProblem("<number> <channel:name>")).toEqual({
      reason: "there is no placeholder <channel:name>",
      remedy: "one of <number>, <hex>, <word>, <any>, each also with a name, <number:name>",
    });
  });

  test("a name that is none", () => {
    expect(patternProblem("<number:1>")?.reason).toBe('"1" is no name of a placeholder');
  });

  test.each([
    "<number> <hex:a> <word> <any:b-2>",
    "[sleep] <defunct>",
    "<channel>",
    'File "<string>"',
    "3<socket:[12]>",
  ])("%s is meant as it is written", (line) => expect(patternProblem(line)).toBeUndefined());
});

test("the exit status", () => {
  expect(matchStatus({ status: 0 }, 0)).toBeUndefined();
  expect(matchStatus({ status: "any" }, 137)).toBeUndefined();
  expect(matchStatus({ status: 1 }, 0)).toBe("expected exit status 1, got 0");
});
