// `run`, and `expect`: what it prints.

import { nearest } from "../../../core/nearest.ts";
import { patternProblem } from "../../expect.ts";
import type { Where } from "../../lesson.ts";
import { quoted, type Report } from "../problem.ts";
import { type Block, type Reader, someText } from "./block.ts";

export const everywhere: readonly Where[] = ["host", "inside", "container"];

/** The only word behind `kind`, which says where a script runs. */
export function readWhere<W extends Where>(
  kind: string,
  { words, line }: Block,
  allowed: readonly W[],
  report: Report,
): W | undefined {
  const [word = "", ...more] = words;
  const found = allowed.find((it) => it === word);
  if (found !== undefined && more.length === 0) return found;
  const guess = nearest(word, allowed) ?? allowed[0];
  const remedy = `\`\`\`${kind} ${found ?? guess}${word === "" ? `, or one of ${allowed.slice(1).join(", ")}` : ""}`;
  if (word === "") report(line, `${kind} does not say where`, remedy);
  else if (found === undefined) report(line, `${quoted(word)} is no place to run a script`, remedy);
  else report(line, `${quoted(more.join(" "))} behind ${kind} ${word} is not known`, remedy);
  return undefined;
}

export const readRun: Reader = (block, report) => {
  const where = readWhere("run", block, everywhere, report);
  const script = someText(block, report, "the commands, as for sh");
  if (where === undefined || script === undefined) return undefined;
  return { kind: "run", line: block.line, where, script };
};

export const readExpect: Reader = ({ words, body, line }, report) => {
  const lines = body === "" ? [] : body.split("\n");
  let right = true;
  for (const [i, text] of lines.entries()) {
    const problem = patternProblem(text);
    if (problem === undefined) continue;
    right = false;
    report(line + 1 + i, problem.reason, problem.remedy);
  }
  const status = readStatus(words);
  if (status === undefined) {
    report(
      line,
      `${quoted(words.join(" "))} behind expect is not known`,
      "```expect, ```expect status 1 or ```expect status any",
    );
    return undefined;
  }
  return right ? { kind: "expect", line, status, lines } : undefined;
};

function readStatus(words: readonly string[]): number | "any" | undefined {
  if (words.length === 0) return 0;
  const [first, value = "", ...more] = words;
  if (first !== "status" || more.length > 0) return undefined;
  if (value === "any") return "any";
  return /^\d{1,3}$/.test(value) && Number(value) < 256 ? Number(value) : undefined;
}
