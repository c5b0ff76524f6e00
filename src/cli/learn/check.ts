// learn check FILE: what is wrong with a lesson, so that its author can put it right.

import { checkDraft, checkLesson } from "../../learn/format/check.ts";
import { gatherKnown, type Known } from "../../learn/format/known.ts";
import { describeProblems, type Problem } from "../../learn/format/problem.ts";
import { readLesson } from "../../learn/read.ts";
import { requirements } from "../../learn/requirements.ts";
import { print, printJson } from "../output.ts";
import { UsageError } from "../parse.ts";
import { table, visible } from "../style.ts";
import { readContainer } from "./container.ts";

export interface CheckValues {
  readonly json: boolean;
  /** List the names that a lesson's `requires` may have. */
  readonly requirements: boolean;
}

/** Returns the exit code: 1 where something is wrong with one of them. */
export async function learnCheck(files: readonly string[], values: CheckValues): Promise<number> {
  if (values.requirements) return listRequirements(values.json);
  if (files.length === 0) throw new UsageError("learn", "learn check needs a FILE, or --requirements");
  const known = gatherKnown(readContainer, await probeNames());
  const results: { file: string; problems: readonly Problem[] }[] = [];
  for (const file of files) results.push({ file, problems: await problemsOf(file, known) });
  if (values.json) printJson(results.flatMap(({ file, problems }) => problems.map((it) => ({ file, ...it }))));
  else print(results.map(({ file, problems }) => `${verdict(file, problems)}\n`).join(""));
  return results.some((it) => it.problems.length > 0) ? 1 : 0;
}

async function problemsOf(file: string, known: Known): Promise<readonly Problem[]> {
  const read = readLesson(file);
  if (read.lesson !== undefined) return await checkLesson(read.lesson, known);
  return [...read.problems, ...(await checkDraft(read.draft, known))].toSorted((a, b) => a.line - b.line);
}

function verdict(file: string, problems: readonly Problem[]): string {
  if (problems.length > 0) return describeProblems(file, problems).split("\n").map(visible).join("\n");
  return `${visible(file)}: nothing is wrong with it; minidocker learn ${visible(file)} --auto tries it`;
}

async function probeNames(): Promise<readonly string[]> {
  const { probes } = await import("../../probes/index.ts");
  return probes.map((it) => it.name);
}

function listRequirements(json: boolean): number {
  const rows = requirements.map(({ name, what }) => ({ name, what }));
  if (json) printJson(rows);
  else
    print(
      table(
        ["NAME", "WHAT THE HOST MUST HAVE"],
        rows.map((it) => [it.name, it.what]),
      ),
    );
  return 0;
}
