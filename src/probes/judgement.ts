// Probes judged from outside, for a process which nobody may attack: another runtime's container, say. From what the kernel shows of it one
// can tell of many probes how they would end. It is a judgement, and no attempt.

import { View } from "../core/view.ts";
import type { Guard, Verdict } from "./guard.ts";
import type { Probe } from "./probe.ts";

export interface Judgement {
  readonly probe: Probe;
  /** `stopped`: every way in is guarded. `open`: one is not. `unknown`: it cannot be told from outside. */
  readonly verdict: "stopped" | "open" | "unknown";
  /** The guards, each with what the kernel shows. */
  readonly saw: readonly string[];
}

export function judgeFromOutside(pid: number, probes: readonly Probe[]): Judgement[] {
  const view = new View(pid);
  return probes.map((it) => judgeProbe(it, view));
}

function judgeProbe(probe: Probe, view: View): Judgement {
  if (probe.ways.length === 0)
    return { probe, verdict: "unknown", saw: ["no layer is in charge of it, and nothing in /proc tells"] };
  const ways = probe.ways.map((way) => judgeWay(way, view));
  const saw = [...new Set(ways.flatMap((it) => it.saw))];
  // one open way is enough; a way that cannot be told may be one
  const worst = (["open", "unknown", "stopped"] as const).find((verdict) => ways.some((it) => it.verdict === verdict));
  return { probe, verdict: worst ?? "unknown", saw };
}

function judgeWay(guards: readonly Guard[], view: View): Pick<Judgement, "verdict" | "saw"> {
  const verdicts = guards.map((it) => judgeGuard(it, view));
  const standing = verdicts.filter((it) => it.verdict === "yes");
  if (standing.length > 0) return { verdict: "stopped", saw: standing.map((it) => it.saw) };
  const hidden = verdicts.some((it) => it.verdict === "unknown");
  return { verdict: hidden ? "unknown" : "open", saw: verdicts.map((it) => it.saw) };
}

// the process may end meanwhile, or be somebody else's
function judgeGuard(guard: Guard, view: View): Verdict {
  try {
    return guard.judge(view);
  } catch (error) {
    return { verdict: "unknown", saw: (error as Error).message };
  }
}
