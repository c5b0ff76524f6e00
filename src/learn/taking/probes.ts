// `probe`: the same attack on two containers like the lesson's. With all layers it is stopped, without some it is not, and the
// filter of system calls is the same in both: so it is clear who is to thank.

import { Refusal } from "../../core/refusal.ts";
import { probes } from "../../probes/index.ts";
import type { Observation } from "../../probes/probe.ts";
import { tryTwice, whyNot } from "../../probes/run.ts";
import type { ProbeRef } from "../lesson.ts";
import type { LessonContext } from "./context.ts";

export async function tryProbe(ctx: LessonContext, part: ProbeRef): Promise<void> {
  const { dialog, lesson, options, workbench } = ctx;
  if (dialog.silent) return;
  const probe = probes.find((it) => it.name === part.probe);
  if (probe === undefined)
    throw new Refusal(`${lesson.path}:${part.line}: no probe is called ${part.probe}: minidocker probe --list`, 1);
  const reason = whyNot(probe);
  if (reason !== undefined) {
    dialog.tell({ kind: "notice", text: `probe ${part.probe} cannot be tried here: ${reason}` });
    return;
  }
  const wished = options.means.readOptions(lesson.container ?? ["base"]);
  const notice = (text: string): void => dialog.tell({ kind: "notice", text });
  const { withAll, without } = await tryTwice(wished, probe, part.without, { notice }, workbench.paths);
  const ok = isStopped(withAll) && !isStopped(without);
  dialog.tell({ kind: "probe", part, withAll, without, ok });
  ctx.predictions.reveal();
  if (ok) return;
  const [seen, how] = isStopped(withAll)
    ? [without, `without ${part.without.join(", ")}`]
    : [withAll, "with all layers"];
  ctx.untrue(part.line, `probe ${part.probe} ${how}: ${seen.saw}`);
}

const isStopped = ({ kind }: Observation): boolean => kind !== "succeeded";
