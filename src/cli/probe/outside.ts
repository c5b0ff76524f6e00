// `probe --pid`: a judgement.

import { type Judgement, judgeFromOutside } from "../../probes/judgement.ts";
import type { Probe } from "../../probes/probe.ts";
import { print, printJson } from "../output.ts";
import { palette } from "../palette.ts";
import { columns, pad, visible, width, wrap } from "../style.ts";
import { describeProbe } from "./list.ts";
import { grouped } from "./words.ts";

export function showOutside(pid: number, probes: readonly Probe[], json: boolean): number {
  const found = judgeFromOutside(pid, probes);
  if (json) {
    const list = found.map(({ probe, verdict, saw }) => ({ ...describeProbe(probe), verdict, saw }));
    printJson({ pid, attempted: false, probes: list });
    return 0;
  }
  const { bold } = palette();
  const about = `A judgement of process ${pid} by what the kernel shows of it in /proc; nothing was attempted. "stopped" and "open" are what would happen to a probe in that process; "unknown" cannot be told from outside.`;
  print(`${wrap(about)}\n\n`);
  for (const [title, list] of grouped(found, (it) => it.probe))
    print(`${bold(title)}\n${list.map(showJudgement).join("\n")}\n\n`);
  const count = (verdict: Judgement["verdict"]): number => found.filter((it) => it.verdict === verdict).length;
  print(`${count("stopped")} stopped, ${count("open")} open, ${count("unknown")} unknown.\n`);
  return 0;
}

const signs = { stopped: "✓", open: "✗", unknown: "?" } as const;

function showJudgement({ probe, verdict, saw }: Judgement): string {
  const { green, red, yellow, dim } = palette();
  const paint = { stopped: green, open: red, unknown: yellow }[verdict];
  const start = `${paint(signs[verdict])} ${pad(probe.name, 17)}${paint(pad(verdict, 9))}`;
  const reason = visible(saw.join("; "));
  if (width(start) + width(reason) <= columns()) return `${start}${dim(reason)}`;
  return `${start.trimEnd()}\n${dim(wrap(reason, columns(), "    "))}`;
}
