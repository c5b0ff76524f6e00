// An attack at a pause. On a finished container it is made; a half-built one runs no program that could attack, so it is judged from
// what the kernel shows of it.

import type { Pause } from "../../../core/stepper.ts";
import type { Held } from "../../../engine/held.ts";
import type { Probe } from "../../../probes/probe.ts";
import { palette } from "../../palette.ts";
import { INDENT } from "../../pause-lines.ts";
import { proseWidth, visible, wrap } from "../../style.ts";
import { showObservation } from "../plain.ts";
import type { Desk } from "./desk.ts";
import { chooseOne } from "./list-chooser.ts";

export async function probeNow(
  held: Held,
  pause: Pause | undefined,
  { screen, signal, numbered }: Desk,
): Promise<void> {
  const { probes } = await import("../../../probes/index.ts");
  const layer = pause?.layer;
  // those that are about the layer at hand come first
  const here = probes.filter((it) => layer !== undefined && it.layers.some((one) => one.split(".")[0] === layer));
  const all = [...here, ...probes.filter((it) => !here.includes(it))];
  const name = await chooseOne(
    {
      title: "Which attack? (type to search)",
      items: all.map((it) => ({
        value: it.name,
        label: `${it.name.padEnd(16)}  ${it.question}`,
        spoken: `${it.name}: ${it.question}`,
      })),
      search: { text: "" },
      signal,
    },
    numbered,
  );
  const probe = all.find((it) => it.name === name);
  if (probe === undefined) return;
  screen.say(`${INDENT}${palette().bold(probe.question)}\n${INDENT}${palette().cyan(probe.call)}`);
  for (const line of held.state === "running" ? await attack(held, probe) : await judgement(held, probe)) {
    screen.say(wrap(line, proseWidth(), INDENT));
  }
}

async function attack(held: Held, probe: Probe): Promise<string[]> {
  const { probeIn, whyNot } = await import("../../../probes/run.ts");
  const reason = whyNot(probe);
  if (reason !== undefined) return [`This host cannot try it: ${visible(reason)}`];
  return [showObservation(await probeIn(held, probe))];
}

async function judgement({ pid }: Held, probe: Probe): Promise<string[]> {
  if (pid === undefined) return ["There is no process yet that could attack."];
  const { judgeFromOutside } = await import("../../../probes/judgement.ts");
  const [found] = judgeFromOutside(pid, [probe]);
  const verdicts = {
    stopped: "✓ It would be stopped now:",
    open: "✗ Nothing stands in its way so far:",
    unknown: "? It cannot be told from outside:",
  };
  return [
    verdicts[found?.verdict ?? "unknown"],
    ...(found?.saw ?? []).map((it) => `• ${visible(it)}`),
    "The container is not finished, so this is judged and not tried.",
  ];
}
