// `verify`, and what belongs to a task: `hint`, `solve`.

import { nearest } from "../../../core/nearest.ts";
import type { CheckTest, Hint } from "../../lesson.ts";
import { quoted, type Report } from "../problem.ts";
import { type Block, bodyLines, type Reader, someText } from "./block.ts";
import { everywhere, readWhere } from "./scripts.ts";

const forVerify = ["host", "container"] as const;
const verdicts = ["yes", "no", "unknown"] as const;

export const readVerify: Reader = (block, report) => {
  const became = block.words.includes("became");
  const words = block.words.filter((it) => it !== "became");
  const inner = { ...block, words };
  const title = readTitle(inner, report);
  const test = words.length === 0 ? readChecks(inner, report) : readTest(inner, report);
  if (title === undefined || test === undefined) return undefined;
  return { kind: "verify", line: block.line, title, became, test };
};

function readTitle(block: Block, report: Report): string | undefined {
  const title = /^#\s*(\S.*?)\s*(?:\n|$)/.exec(block.body)?.[1];
  if (title === undefined) report(block.line, "a verify begins with its title", "# the host still has its name");
  else if (title.endsWith(".")) report(block.line + 1, "a title ends without a full stop", `# ${title.slice(0, -1)}`);
  return title;
}

function readTest(block: Block, report: Report) {
  const where = readWhere("verify", block, forVerify, report);
  if (bodyLines(block).every(({ text }) => text.startsWith("#"))) {
    report(block.line, "below the title there is no script", 'a script, such as test "$(hostname)" = mars');
    return undefined;
  }
  return where === undefined ? undefined : { where, script: block.body };
}

function readChecks(block: Block, report: Report): CheckTest | undefined {
  const lines = bodyLines(block).filter(({ text }) => !text.startsWith("#"));
  if (lines.length === 0) {
    report(block.line, "below the title there is no check", "namespaces.uts is yes; or ```verify host, for a script");
    return undefined;
  }
  const checks = lines.flatMap(({ text, line }) => {
    const [, id = "", word = ""] = /^([\w.-]+) is (\w+)$/.exec(text) ?? [];
    const verdict = verdicts.find((it) => it === word);
    if (verdict !== undefined) return [{ line, id, verdict }];
    if (id === "")
      report(line, `${quoted(text)} is no check`, "namespaces.uts is yes; or ```verify host, for a script");
    else report(line, `${quoted(word)} is no verdict`, `${id} is ${nearest(word, verdicts) ?? "yes, no or unknown"}`);
    return [];
  });
  return checks.length === lines.length ? { checks } : undefined;
}

export const readHint: Reader = (block, report) => {
  const { words, body, line } = block;
  if (words.length > 1 || (words.length === 1 && words[0] !== "when")) {
    report(line, `${quoted(words.join(" "))} behind hint is not known`, "```hint or ```hint when");
    return undefined;
  }
  if (words.length === 0) {
    const text = someText(block, report, "a sentence that helps a little");
    return text === undefined ? undefined : { kind: "hint", line, text, when: undefined };
  }
  const [when = "", text] = body.split(/^---[ \t]*$/m);
  if (text === undefined || text.trim() === "" || when.trim() === "") {
    report(line, "a diagnosis has two parts", "a script, a line ---, and what to say where the script ends with 0");
    return undefined;
  }
  return { kind: "hint", line, text: text.trim(), when: when.trimEnd() } satisfies Hint;
};

export const readSolve: Reader = (block, report) => {
  const without = block.words[0] === "without";
  const words = without ? block.words.slice(1) : block.words;
  const where = readWhere(without ? "solve without" : "solve", { ...block, words }, everywhere, report);
  const script = someText(block, report, "the commands that do it, as for sh");
  if (where === undefined || script === undefined) return undefined;
  return { kind: "solve", line: block.line, where, without, script };
};
