// Scripts, what they must print, and what must be true afterwards.

import type { ScriptOutcome } from "../../engine/held.ts";
import { matchOutput, matchStatus } from "../expect.ts";
import type { Expect, Run, Verify, Where } from "../lesson.ts";
import type { LessonContext } from "./context.ts";
import { SECONDS } from "./script.ts";
import type { ShellOptions } from "./workbench.ts";

/** From one look to the next, in milliseconds. */
const LOOK = 100;

/** Runs a script where it belongs. In the container, none of the options but the signal has a meaning. */
export async function perform(
  ctx: LessonContext,
  where: Where,
  script: string,
  options: ShellOptions = {},
): Promise<ScriptOutcome> {
  if (where !== "host") return ctx.dialog.orAborted(ctx.container.run(where, script));
  return ctx.workbench.run(script, { signal: ctx.dialog.signal, ...options });
}

/** A `run`, with the `expect` that belongs to it. */
export async function run(ctx: LessonContext, part: Run, expect: Expect | undefined): Promise<void> {
  const { dialog, memory, workbench } = ctx;
  if (!dialog.silent) {
    dialog.tell({ kind: "run", part });
    memory.decisions.set(part, await dialog.ask(part, { kind: "run", part, folder: workbench.folder }));
  }
  if (memory.decisions.get(part) === "skip") {
    dialog.tell({ kind: "skipped", part });
    return;
  }
  const ran = await perform(ctx, part.where, part.script);
  dialog.tell({ kind: "output", part, text: ran.output, status: ran.status });
  ctx.predictions.reveal();
  if (ran.timedOut) ctx.untrue(part.line, `the script was ended after ${SECONDS} seconds`);
  else if (expect === undefined && ran.status !== 0) ctx.untrue(part.line, statusProblem(ran));
  if (expect !== undefined) compare(ctx, expect, ran);
}

const statusProblem = ({ status, output }: ScriptOutcome): string =>
  `expected exit status 0, got ${status}${output.trim() === "" ? "" : `\n  the last line was: ${lastLine(output)}`}`;

const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

function compare(ctx: LessonContext, expect: Expect, ran: ScriptOutcome): void {
  const why = matchStatus(expect, ran.status) ?? matchOutput(expect, ran.output, ctx.names);
  ctx.dialog.tell({ kind: "expect", part: expect, ok: why === undefined, why });
  if (why !== undefined) ctx.untrue(expect.line, why);
}

/** A `verify` that is no task. */
export async function verify(ctx: LessonContext, part: Verify): Promise<void> {
  if (ctx.dialog.silent) return;
  const { ok, saw } = await judge(ctx, part);
  ctx.dialog.tell({ kind: "verify", part, ok, saw });
  if (!ok) ctx.untrue(part.line, `not true: ${part.title}${saw === "" ? "" : `\n  ${saw.replaceAll("\n", "\n  ")}`}`);
}

export interface Judged {
  readonly ok: boolean;
  /** What was seen: what the script has printed, or the checks that are not as they should be. */
  readonly saw: string;
}

/** Looks until it is so, or the time is over. */
export async function becomes(
  ctx: LessonContext,
  part: Verify,
  wanted: boolean,
  milliseconds: number,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (;;) {
    if ((await judge(ctx, part)).ok === wanted) return true;
    if (performance.now() > end) return false;
    await Bun.sleep(LOOK);
    ctx.dialog.signal.throwIfAborted();
  }
}

/** Is it true now? Changes nothing. */
export async function judge(ctx: LessonContext, { test }: Verify): Promise<Judged> {
  if ("script" in test) {
    const { where, script } = test;
    const ran =
      where === "host"
        ? await ctx.workbench.look(script, { signal: ctx.dialog.signal })
        : await ctx.dialog.orAborted(ctx.container.run(where, script));
    const late = ran.timedOut ? `ended after ${SECONDS} seconds` : "";
    return { ok: ran.status === 0, saw: ran.output.trimEnd() || late };
  }
  const found = new Map(ctx.container.checks.map((it) => [it.id, it]));
  const rows = test.checks.map(({ id, verdict }) => {
    const check = found.get(id);
    const is = check?.verdict ?? "unknown";
    return { ok: is === verdict, text: `${id} is ${is}${check === undefined ? "" : ` (${check.saw})`}` };
  });
  const ok = rows.every((it) => it.ok);
  return {
    ok,
    saw: rows
      .filter((it) => ok || !it.ok)
      .map((it) => it.text)
      .join("\n"),
  };
}
