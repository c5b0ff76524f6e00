// At a pause: which way on, and what one can do meanwhile.

import type { StepSize } from "../../../core/stepper.ts";
import { withTerminalLent } from "../../../engine/interrupts.ts";
import type { Question, Replies } from "../../../learn/event.ts";
import { renderMarkdown } from "../../markdown.ts";
import { palette } from "../../palette.ts";
import { describeShell, INDENT, noProcess, showVerdicts, showWhy } from "../../pause-lines.ts";
import { proseWidth, wrap } from "../../style.ts";
import type { Choice } from "./choose.ts";
import type { Desk } from "./desk.ts";
import { lookAround } from "./look.ts";
import { probeNow } from "./probe-now.ts";
import { showSource } from "./why.ts";

type AtPause = Extract<Question, { kind: "pause" }>;

/** From the widest to the narrowest. `undefined` is the lesson's own measure: its next part. */
const sizes: readonly (StepSize | undefined)[] = [undefined, "layer", "step", "call"];

type Action = "into" | "out" | "look" | "shell" | "probe" | "why" | "verify" | Replies["pause"];

/** Undefined where the asking was ended. */
export async function askAtPause(question: AtPause, desk: Desk): Promise<Replies["pause"] | undefined> {
  const { pause } = question;
  let { size } = question;
  for (;;) {
    const action = await desk.chooser.choose<Action>(pause === undefined ? finished : choicesAt(size), {
      kind: pause === undefined ? "finished" : "pause",
      brief: true,
      signal: desk.signal,
    });
    switch (action) {
      case "next":
        return size === question.size ? "next" : { size };
      case "into":
      case "out":
        // only how far Enter goes: whoever wants single calls is not to run past a layer on the way to them
        size = sizes[sizes.indexOf(size) + (action === "into" ? 1 : -1)];
        desk.screen.say(`${INDENT}Enter goes on to the next ${size ?? "part"} now.`);
        await desk.screen.flush();
        desk.screen.gap();
        break;
      case "look":
      case "shell":
      case "probe":
      case "why":
      case "verify":
        await aside[action](question, desk);
        desk.screen.gap();
        break;
      default:
        return action;
    }
  }
}

function choicesAt(size: StepSize | undefined): Choice<Action>[] {
  const at = sizes.indexOf(size);
  const into = sizes[at + 1];
  const out = sizes[at - 1] ?? "part";
  return [
    { key: "enter", text: `next ${size ?? "part"}`, value: "next" },
    { key: "b", text: "back", value: "back" },
    ...(into === undefined ? [] : [{ key: "i", text: `into: by ${into}`, value: "into" as const }]),
    ...(at === 0 ? [] : [{ key: "o", text: `out: by ${out}`, value: "out" as const }]),
    { key: "r", text: "run on to the next part", value: "on" },
    { key: "k", text: "look at kernel state", value: "look" },
    { key: "s", text: "shell inside", value: "shell" },
    { key: "p", text: "probe: would it be stopped", value: "probe" },
    { key: "w", text: "why this call", value: "why" },
    { key: "v", text: "verify what is in force", value: "verify" },
    ...ends,
  ];
}

const ends: readonly Choice<Action>[] = [
  { key: "R", text: "restart the lesson", value: "restart" },
  { key: "q", text: "quit", value: "quit" },
];

const finished: readonly Choice<Action>[] = [
  { key: "enter", text: "go on", value: "on" },
  { key: "b", text: "back", value: "back" },
  { key: "k", text: "look at kernel state", value: "look" },
  { key: "s", text: "shell in it, under all layers", value: "shell" },
  { key: "p", text: "probe: attack it now", value: "probe" },
  { key: "v", text: "verify what is in force", value: "verify" },
  ...ends,
];

type Aside = Extract<Action, "look" | "shell" | "probe" | "why" | "verify">;

const aside: { readonly [K in Aside]: (question: AtPause, desk: Desk) => Promise<void> } = {
  look: ({ held }, desk) => lookAround(held, desk),
  shell: async ({ held }, { screen }) => {
    if (held.pid === undefined) return screen.say(noProcess);
    const where = "A shell in the container, as its layers bind any program of it; exit comes back here.";
    screen.say(wrap(held.state === "running" ? where : describeShell(held.pid), proseWidth(), INDENT));
    try {
      await withTerminalLent(() => held.shell());
    } catch (error) {
      screen.say(`${INDENT}${(error as Error).message}`);
    }
  },
  probe: ({ held, pause }, desk) => probeNow(held, pause, desk),
  why: async ({ pause }, { screen }) => {
    if (pause === undefined) return;
    screen.add(showWhy(pause));
    const step = pause.explanation?.steps[pause.step];
    if (step !== undefined) screen.add(renderMarkdown(`**${pause.step}**: ${step}`, INDENT));
    screen.add(showSource(pause.call));
    await screen.flush();
  },
  verify: async ({ held }, { screen }) => {
    screen.say(held.pid === undefined ? noProcess : showVerdicts(held.pid, held.layers, palette()).trimEnd());
  },
};
