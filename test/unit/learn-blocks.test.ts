// Every mistake that can be made in a block of a lesson, told by its line and with what to write instead.

import { describe, expect, test } from "bun:test";
import { fence, problems, solution, task } from "./lesson-text.ts";

describe("a broken block", () => {
  const cases: readonly [string, string, string][] = [
    ["no fence at the end", "# One\n```run host\nls\n", "2: the run block is not closed; write instead: ``` in a line"],
    [
      "a mistyped kind",
      fence("predcit", ""),
      '1: "predcit" is no kind of block; write instead: ```predict; or ```text',
    ],
    ["a capital", fence("Run host", "ls"), '1: "Run" is no kind of block; write instead: ```run'],
    [
      "in a list",
      "- x\n\n  ```run host\n  ls\n  ```\n",
      "3: a run block in a list or a quotation is not part of the lesson",
    ],
    ["in a quotation", "> ```pause\n> finished\n> ```\n", "1: a pause block in a list or a quotation"],
    [
      "run nowhere",
      fence("run", "ls"),
      "1: run does not say where; write instead: ```run host, or one of inside, container",
    ],
    ["run somewhere", fence("run hots", "ls"), '1: "hots" is no place to run a script; write instead: ```run host'],
    [
      "run with more words",
      fence("run host now", "ls"),
      '1: "now" behind run host is not known; write instead: ```run host',
    ],
    ["run nothing", fence("run host", ""), "1: the block is empty; write instead: the commands, as for sh"],
    [
      "expect nothing known",
      fence("run host", "ls") + fence("expect 1", ""),
      '4: "1" behind expect is not known; write instead: ```expect, ```expect status 1',
    ],
    [
      "a status that is none",
      fence("run host", "ls") + fence("expect status 300", ""),
      '4: "status 300" behind expect',
    ],
    [
      "three dots",
      fence("run host", "ls") + fence("expect", "a\n..."),
      "6: three dots are three dots; write instead: … for any lines",
    ],
    [
      "an unknown hole",
      fence("run host", "ls") + fence("expect", "a <pid>"),
      "5: there is no placeholder <pid>; write instead: <number>",
    ],
    [
      "a mistyped hole",
      fence("run host", "ls") + fence("expect", "a <nummer>"),
      "5: there is no placeholder <nummer>; write instead: <number>; there are <number>, <hex>, <word>, <any>, each also with a name, <number:name>",
    ],
    [
      "a verify without a title",
      fence("verify host", "true"),
      "1: a verify begins with its title; write instead: # the host",
    ],
    [
      "a title with a full stop",
      fence("verify host", "# It is so.\ntrue"),
      "2: a title ends without a full stop; write instead: # It is so",
    ],
    ["a verify without a script", fence("verify host", "# so"), "1: below the title there is no script"],
    ["a verify without checks", fence("verify", "# so"), "1: below the title there is no check"],
    [
      "a verify inside",
      fence("verify inside", "# so\ntrue"),
      '1: "inside" is no place to run a script; write instead: ```verify host',
    ],
    [
      "no check",
      fence("verify", "# so\nnamespaces.uts yes"),
      '3: "namespaces.uts yes" is no check; write instead: namespaces.uts is yes',
    ],
    [
      "no verdict",
      fence("verify", "# so\nnamespaces.uts is yse"),
      '3: "yse" is no verdict; write instead: namespaces.uts is yes',
    ],
    ["a hint that is empty", task + fence("hint", "") + solution, "5: the block is empty"],
    ["a hint with a word", task + fence("hint 2", "x") + solution, '5: "2" behind hint is not known'],
    [
      "half a diagnosis",
      task + fence("hint when", "test -e x") + solution,
      "5: a diagnosis has two parts; write instead: a script, a line ---",
    ],
    [
      "a pause with words",
      fence("pause finished", ""),
      "1: nothing can stand behind pause; write instead: ```pause, and in the next line finished",
    ],
    ["a pause nowhere", fence("pause", ""), "1: a pause says where"],
    ["a pause at two places", fence("pause", "overlay\nseccomp"), "3: a pause is one place"],
    [
      "a pause with too many parts",
      fence("pause", "a: b: c: d"),
      '2: "a: b: c: d" is no place; write instead: LAYER, LAYER: STEP',
    ],
    [
      "a probe without a name",
      fence("probe", "sethostname"),
      "1: a probe has a name; write instead: ```probe sethostname",
    ],
    [
      "a probe without what",
      fence("probe sethostname without", ""),
      '1: "without" behind the probe\'s name is not known',
    ],
    [
      "a probe with a text",
      fence("probe sethostname", "x"),
      "2: a probe's block is empty; write instead: what it is about below",
    ],
    [
      "an excerpt without a symbol",
      fence("src src/main.ts", ""),
      "1: an excerpt is a file and a symbol; write instead: ```src src/layers/",
    ],
    ["a note for nobody", fence("note", ""), "1: the block is empty"],
    ["a question without an answer", fence("predict", "question: x"), "2: choices is missing; write instead: choices:"],
    ["one choice", fence("predict", "question: x\nchoices:\n  - text: A\n    right: true"), "3: one choice is none"],
    [
      "nothing is right",
      fence("predict", "question: x\nchoices:\n  - text: A\n    why: a\n  - text: B\n    why: b"),
      "1: no choice is right",
    ],
    [
      "two are right",
      fence("predict", "question: x\nchoices:\n  - text: A\n    right: true\n  - text: B\n    right: true"),
      "1: 2 choices are right",
    ],
    [
      "a wrong choice without why",
      fence("predict", "question: x\nchoices:\n  - text: A\n    right: true\n  - text: B"),
      '6: the wrong choice "B" has no why',
    ],
    [
      "a tab",
      fence("predict", "question: x\nchoices:\n\t- text: A"),
      "4: this is not YAML: a tab in the indentation; write instead: blanks",
    ],
    [
      "right is something",
      fence("predict", "question: x\nchoices:\n  - text: A\n    right: yes\n  - text: B\n    why: b"),
      "5: right is true or absent",
    ],
  ];
  test.each(cases)("%s", (_, body, problem) => {
    expect(problems(body)).toContainEqual(expect.stringContaining(problem));
  });
});
