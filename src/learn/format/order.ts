// In which order blocks may stand: what a parsed lesson can be relied on for.

import type { Lesson, Part, Verify } from "../lesson.ts";
import { belongings, isBelonging } from "../task.ts";
import type { Report } from "./problem.ts";

/** Reports every block that stands where it means nothing. */
export function checkOrder(parts: readonly Part[], container: Lesson["container"], report: Report): void {
  for (const [i, part] of parts.entries()) {
    if (part.kind === "expect" && parts[i - 1]?.kind !== "run")
      report(part.line, "an expect says what the run right above it prints, and there is none", "a run block above it");
    if (isBelonging(part) && !belongsToTask(parts, i))
      report(
        part.line,
        `a ${part.kind} belongs to the task right above it, and there is none`,
        "```verify host became above it, with nothing between them but hints and solutions",
      );
    if (part.kind === "verify" && part.became) checkTask(part, belongings(parts, i), report);
    if (part.kind === "predict") checkPredict(parts.slice(i + 1), part.line, report);
    if (container !== undefined) checkMade(part, parts.slice(0, i), report);
  }
}

function belongsToTask(parts: readonly Part[], i: number): boolean {
  const first = parts.slice(0, i).findLast((it) => !isBelonging(it));
  return first?.kind === "verify" && first.became;
}

function checkTask(task: Verify, below: ReturnType<typeof belongings>, report: Report): void {
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

const observations: readonly Part["kind"][] = ["run", "pause", "probe"];

function checkPredict(after: readonly Part[], line: number, report: Report): void {
  if (after.some((it) => observations.includes(it.kind))) return;
  report(line, "nothing after the question shows the answer", "a run, pause or probe block below it");
}

/** Reports a block of a lesson without a container that needs one. */
export function checkContainerless(part: Part, report: Report): void {
  const what = needsContainer(part);
  if (what !== undefined)
    report(part.line, `${what} needs a container of the lesson`, "container: --network none base, in the head");
}

function needsContainer(part: Part): string | undefined {
  if (part.kind === "pause" || part.kind === "probe") return `a ${part.kind}`;
  if ((part.kind === "run" || part.kind === "solve") && part.where !== "host") return `${part.kind} ${part.where}`;
  if (part.kind !== "verify") return undefined;
  if ("checks" in part.test) return "a verify of checks";
  return part.test.where === "container" ? "verify container" : undefined;
}

// Where the container has not been begun, there is nothing half-built. What runs in the finished one finishes it.
function checkMade(part: Part, before: readonly Part[], report: Report): void {
  const half = (part.kind === "run" || part.kind === "solve") && part.where === "inside";
  const judged = part.kind === "verify" && "checks" in part.test;
  if (!half && !judged) return;
  if (before.some((it) => it.kind === "pause" || finishes(it))) return;
  report(part.line, `${needsContainer(part)} comes before the container is begun`, "a pause block above it");
}

function finishes(part: Part): boolean {
  if (part.kind === "run" || part.kind === "solve") return part.where === "container";
  return part.kind === "verify" && "where" in part.test && part.test.where === "container";
}
