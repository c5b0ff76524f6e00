// In which order blocks may stand: what a parsed lesson can be relied on for.

import type { Lesson, Part, Verify } from "./lesson.ts";
import type { Report } from "./problem.ts";

/** Reports every block that stands where it means nothing. */
export function checkOrder(parts: readonly Part[], container: Lesson["container"], report: Report): void {
  const acts = parts.filter((it) => it.kind !== "prose" && it.kind !== "note");
  for (const [i, part] of acts.entries()) {
    const before = acts[i - 1];
    if (part.kind === "expect" && before?.kind !== "run")
      report(
        part.line,
        "an expect says what the run before it prints, and there is none",
        "the run block right above it",
      );
    if ((part.kind === "hint" || part.kind === "solve") && taskOf(acts, i) === undefined)
      report(
        part.line,
        `a ${part.kind} belongs to a task, and there is none before it`,
        "```verify host became above it",
      );
    if (part.kind === "verify" && part.became) checkTask(part, belongings(acts, i), report);
    if (part.kind === "predict") checkPredict(acts.slice(i + 1), part.line, report);
    if (container === undefined) checkContainerless(part, report);
  }
}

// hints, solutions, and excerpts stand below the task without anything in between
function taskOf(acts: readonly Part[], i: number): Verify | undefined {
  for (const it of acts.slice(0, i).reverse()) {
    if (it.kind === "verify") return it.became ? it : undefined;
    if (it.kind !== "hint" && it.kind !== "solve") return undefined;
  }
  return undefined;
}

function belongings(acts: readonly Part[], i: number): Part[] {
  const after = acts.slice(i + 1);
  const end = after.findIndex((it) => it.kind !== "hint" && it.kind !== "solve");
  return end < 0 ? after : after.slice(0, end);
}

function checkTask(task: Verify, below: readonly Part[], report: Report): void {
  const solutions = below.filter((it) => it.kind === "solve");
  const own = solutions.filter((it) => !it.without);
  const hints = below.filter((it) => it.kind === "hint" && it.when === undefined);
  if (own.length === 0) report(task.line, "the task has no solution", "```solve host below it");
  for (const it of own.slice(1)) report(it.line, "the task has a solution already", "one solve block");
  for (const it of solutions.filter((one) => one.without).slice(1))
    report(it.line, "the task has a solve without already", "one solve without block");
  for (const it of hints.slice(3))
    report(it.line, "a fourth hint", "three hints at most, each more specific than the last");
}

function checkPredict(after: readonly Part[], line: number, report: Report): void {
  const shown = after.some(
    (it) => it.kind === "run" || it.kind === "pause" || it.kind === "probe" || it.kind === "verify",
  );
  if (!shown) report(line, "nothing after the question shows the answer", "a run or pause block below it");
}

function checkContainerless(part: Part, report: Report): void {
  const need = (what: string): void =>
    report(part.line, `${what} needs a container of the lesson`, "container: --network none base, in the head");
  if (part.kind === "pause" || part.kind === "probe") need(part.kind);
  if ((part.kind === "run" || part.kind === "solve") && part.where !== "host") need(`${part.kind} ${part.where}`);
  if (part.kind === "verify" && "checks" in part.test) need("a verify of checks");
  if (part.kind === "verify" && "where" in part.test && part.test.where === "container") need("verify container");
}
