// Whether what a lesson names is there. Syntax and order have been seen to by parse.ts; this looks at the rest of the world.

import { nearest } from "../../core/nearest.ts";
import { Refusal } from "../../core/refusal.ts";
import type { PlannedCall } from "../../engine/explain.ts";
import type { Lesson, Part, PauseAt, Source } from "../lesson.ts";
import { requirementRemedy } from "../requirements.ts";
import { declaredNames, findSymbol, sourceText } from "../source.ts";
import { taskAt } from "../task.ts";
import type { Head } from "./head.ts";
import type { Known, Places } from "./known.ts";
import type { Draft } from "./parse.ts";
import { collectProblems, type Problem, quoted, type Report } from "./problem.ts";
import { scriptsOf, syntaxProblem } from "./syntax.ts";

/** Everything that is wrong with it, in the order of its lines. */
export async function checkLesson(lesson: Lesson, known: Known): Promise<readonly Problem[]> {
  const { problems, report } = collectProblems();
  await checkWorld({ name: lesson.name, head: lesson, parts: lesson.parts }, known, report);
  for (const [i, part] of lesson.parts.entries())
    if (part.kind === "verify" && part.became) checkProof(lesson, i, report);
  return problems.toSorted((a, b) => a.line - b.line);
}

/** The same, besides what parse.ts has told of it, as far as it can be known. */
export async function checkDraft(draft: Draft, known: Known): Promise<readonly Problem[]> {
  const { problems, report } = collectProblems();
  await checkWorld(draft, known, report);
  return problems.toSorted((a, b) => a.line - b.line);
}

async function checkWorld({ name, head, parts }: Draft, known: Known, report: Report): Promise<void> {
  if (head !== undefined) checkHead(name, head, known, report);
  const places = head === undefined ? undefined : await planOf(head, known, report);
  const some = places ?? (await known.plan(anyContainer));
  let reached = -1;
  for (const part of parts) {
    checkNames(part, head, known, report);
    if (part.kind === "pause" && places !== undefined) reached = checkPause(part, places, reached, report);
    else if (part.kind === "pause") checkPauseAnywhere(part, some, report);
    for (const { script, line } of scriptsOf(part)) {
      const problem = await syntaxProblem(script);
      if (problem !== undefined)
        report(line + problem.line - 1, `sh does not understand this: ${problem.message}`, "what sh -n accepts");
    }
  }
}

function checkHead(name: string, head: Head, known: Known, report: Report): void {
  const line = (key: string): number => head.headLines[key] ?? 1;
  for (const it of head.layers) checkName(it, "layer", known.layers, line("layers"), report);
  for (const it of head.after) {
    if (it === name)
      report(line("after"), "a lesson cannot come after itself", "after: and the lessons that it builds on");
    else checkName(it, "lesson", known.lessons, line("after"), report);
  }
  for (const it of head.requires) {
    const remedy = requirementRemedy(it);
    if (remedy !== undefined) report(line("requires"), `no requirement is called ${quoted(it)}`, remedy);
  }
}

function checkName(name: string, what: string, known: readonly string[], line: number, report: Report): boolean {
  if (known.includes(name)) return true;
  report(line, `no ${what} is called ${quoted(name)}`, near(name, known));
  return false;
}

/** What the steps are told from where the lesson's own container is not known. */
const anyContainer = ["--network", "none", "base"];

async function planOf({ container, headLines }: Head, known: Known, report: Report): Promise<Places | undefined> {
  if (container === undefined) return undefined;
  try {
    return await known.plan(container);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const [reason = ""] = error.message.split("\n");
    report(headLines["container"] ?? 1, `container: ${reason}`, "options and image, as for minidocker run");
    return undefined;
  }
}

function checkNames(part: Part, head: Head | undefined, known: Known, report: Report): void {
  if (part.kind === "src") checkSource(part, report);
  if (part.kind === "verify" && "checks" in part.test && known.checks !== undefined) {
    for (const { id, line } of part.test.checks) checkName(id, "check", known.checks, line, report);
  }
  if (part.kind !== "probe") return;
  const { probe, without, line } = part;
  if (known.probes !== undefined) checkName(probe, "probe", known.probes, line, report);
  // the head's own are checked there
  if (without !== head?.layers) for (const it of without) checkName(it, "layer", known.layers, line, report);
  if (without.length > 0 || head === undefined) return;
  const reason = "a probe is tried without the lesson's layers, and it is about none";
  report(line, reason, `\`\`\`probe ${probe} without namespaces.uts`);
}

function checkSource({ file, symbol, line }: Source, report: Report): void {
  try {
    const text = sourceText(file);
    if (findSymbol(text, symbol) !== undefined) return;
    const guess = nearest(symbol, declaredNames(text)) ?? `one of ${declaredNames(text).slice(0, 12).join(", ")}`;
    report(
      line,
      `${file} declares no ${symbol}`,
      `\`\`\`src ${file}#${guess.startsWith("one of") ? `NAME, ${guess}` : guess}`,
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    report(line, error.message, "a file of minidocker's sources, such as src/layers/namespaces.ts");
  }
}

const finished = Number.MAX_SAFE_INTEGER;

/** Returns where the container then stands: how many calls are before it. */
function checkPause({ target, line }: PauseAt, places: Places, reached: number, report: Report): number {
  if (target === "finished") return finished;
  const wrong = unknownPlace(target, places);
  if (wrong !== undefined) {
    report(line + 1, ...wrong);
    return reached;
  }
  const place = placeOf(places.plans, target, reached);
  if (place === undefined)
    report(line + 1, "the container is past this already", "a place after that of the pause above: it only goes on");
  return place ?? reached;
}

// Of the runtime's own parts it cannot be told which steps another container would take, nor of a step which calls.
function checkPauseAnywhere({ target, line }: PauseAt, { plans, steps }: Places, report: Report): void {
  if (target === "finished") return;
  const { layer, step } = target;
  const layers = unique([...plans.flat().map((it) => it.layer), ...steps.keys()]);
  if (!layers.includes(layer)) report(line + 1, ...noLayer(layer, layers));
  const own = steps.get(layer);
  if (own === undefined || step === undefined || own.includes(step)) return;
  report(line + 1, ...noStep(layer, step, own));
}

const noLayer = (layer: string, layers: readonly string[]): [string, string] => [
  `nothing called ${quoted(layer)} is part of the making`,
  near(layer, layers),
];

const noStep = (layer: string, step: string, steps: readonly string[]): [string, string] => [
  `${layer} has no step ${quoted(step)}`,
  `${layer}: ${near(step, steps)}`,
];

type Place = Exclude<PauseAt["target"], "finished">;

/** Reason and remedy, where no plan has that place. */
function unknownPlace({ layer, step, call }: Place, { plans, steps }: Places): [string, string] | undefined {
  const calls = plans.flat();
  const layers = unique(calls.map((it) => it.layer));
  if (!layers.includes(layer)) return noLayer(layer, layers);
  if (step === undefined) return undefined;
  const inLayer = calls.filter((it) => it.layer === layer);
  const taken = unique(inLayer.map((it) => it.step));
  if (!taken.includes(step)) {
    if (steps.get(layer)?.includes(step) !== true) return noStep(layer, step, taken);
    return [
      `the lesson's container takes no step ${quoted(step)}`,
      `${layer}: ${near(step, taken)}, or an option in container: that brings it`,
    ];
  }
  const inStep = unique(inLayer.filter((it) => it.step === step).map((it) => it.call));
  if (call === undefined || inStep.includes(call)) return undefined;
  return [`no call ${quoted(call)} is made in this step`, `${layer}: ${step}: ${near(call, inStep)}`];
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** What may have been meant, or what there is. */
function near(name: string, known: readonly string[]): string {
  const shown = known.slice(0, MOST).join("; ");
  return nearest(name, known) ?? `one of ${shown}${known.length > MOST ? "; …" : ""}`;
}

/** So many names are offered. */
const MOST = 30;

// In the first plan that has it, which for one layer after another says what is before what. Of several visits to a step, the
// container stops at the next one.
function placeOf(plans: Places["plans"], { layer, step, call }: Place, reached: number): number | undefined {
  for (const plan of plans) {
    const matches = (it: PlannedCall | undefined): boolean =>
      it?.layer === layer && (step === undefined || it.step === step) && (call === undefined || it.call === call);
    if (!plan.some(matches)) continue;
    // where a layer or a step begins, not in the midst of it
    const found = plan.findIndex(
      (it, i) => i > reached && matches(it) && (call !== undefined || !matches(plan[i - 1])),
    );
    return found < 0 ? undefined : found;
  }
  return undefined;
}

// That a task needs its layer has to be proven, or its check could be true of anything.
function checkProof({ parts, layers }: Lesson, i: number, report: Report): void {
  const { solution: own, without } = taskAt(parts, i);
  if (layers.length === 0 || own === undefined || without !== undefined) return;
  if (own.where !== "host" || /\bminidocker\b.*\brun\b/.test(own.script)) return;
  report(
    own.line,
    `nothing proves that the task depends on ${layers.join(", ")}`,
    `\`\`\`solve without ${own.where} below it: the same without ${layers.length === 1 ? "that layer" : "these layers"}`,
  );
}
