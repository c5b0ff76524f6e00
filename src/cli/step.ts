// `run --step`: what a pause looks like on a terminal, and which keys answer it.

import { constants, openSync, writeSync } from "node:fs";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Pause, StepSize } from "../core/stepper.ts";
import { View } from "../core/view.ts";
import { ownNamespaces, shellInside } from "../engine/enter.ts";
import { judge } from "../engine/judge.ts";
import { layers } from "../layers/index.ts";
import { showResult } from "../stage/trace.ts";
import { showChecks } from "./checks.ts";
import { renderMarkdown } from "./markdown.ts";
import { palette } from "./palette.ts";
import { columns, isTerminal, width } from "./style.ts";

const STDIN = 0;
const STDERR = 2;
const paint = palette(STDERR);
const INDENT = "   ";
const say = (text: string): void => void writeSync(STDERR, `${text}\n`);

const wideKeys = `   Enter  next        s  shell inside     l t c  go on by layer, step, call
   w      why         v  verify           r      run on without pauses
   ?      these keys  q  abandon it; nothing is left`;
const narrowKeys = `   Enter  next
   l t c  go on by layer, step, call
   s      shell inside
   w      why there is this layer
   v      verify what is in force
   r      run on without pauses
   q      abandon it; nothing is left
   ?      these keys`;

const keys = (): string => (wideKeys.split("\n").every((it) => width(it) <= columns()) ? wideKeys : narrowKeys);

/** Throws a Refusal where nobody could answer. */
export function askOnTerminal(): (pause: Pause) => Promise<Answer> {
  if (!isTerminal(STDIN) || !isTerminal(STDERR)) {
    throw new Refusal(
      "--step asks at each pause, and this is no terminal: leave it out, or use --trace to see every call",
    );
  }
  let last: Pause | undefined;
  return async (pause) => {
    show(pause, last?.layer === pause.layer && last.step === pause.step);
    if (last === undefined) say(paint.dim(keys()));
    last = pause;
    return await answer(pause);
  };
}

function show(pause: Pause, told: boolean): void {
  if (pause.made.length > 0) say(paint.dim(`── done: ${pause.made.length} call${pause.made.length === 1 ? "" : "s"}`));
  if (pause.size === "call") for (const call of pause.made) say(`   ${shorten(call.show())} ${showResult(call)}`);
  for (const { section, removed, added } of pause.changes) {
    // between two steps, descriptors come and go by the dozen; between two calls, each of them is the news
    if (section === "descriptors" && pause.size !== "call") continue;
    say(`   ${paint.bold(section)}`);
    for (const line of removed) say(paint.red(cut(`   - ${line}`)));
    for (const line of added) say(paint.green(cut(`   + ${line}`)));
  }
  say(`\n${paint.bold(`▶ ${pause.layer}: ${pause.step}`)}`);
  const reason = told || pause.size === "layer" ? undefined : pause.explanation?.steps[pause.step];
  if (reason !== undefined) say(renderMarkdown(reason, INDENT));
  say(`   next  ${paint.cyan(shorten(pause.call.show()))}`);
  if (pause.call.source !== undefined) say(paint.dim(`   from  ${pause.call.source}, in the ${pause.call.role} stage`));
}

const cut = (text: string): string => {
  const line = shorten(text);
  return line.length > columns() ? `${line.slice(0, columns() - 1)}…` : line;
};
// a container's id in a path: what is told stands behind it
const shorten = (line: string): string => line.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, "$1…");

const why = ({ explanation }: Pause): string =>
  renderMarkdown(explanation?.about ?? "This is the runtime's own part: no layer, no isolation.", INDENT);

async function answer(pause: Pause): Promise<Answer> {
  for (;;) {
    const key = await readKey(paint.bold("   [Enter s w v r q ?] "));
    const sizes: Record<string, StepSize> = { l: "layer", t: "step", c: "call" };
    const size = sizes[key];
    if (size !== undefined) return { next: size };
    if (key === "\r" || key === "\n" || key === "n" || key === " ") return { next: pause.size };
    if (key === "r") return "go";
    if (key === "q" || key === "\x03" || key === "\x04" || key === "") return "quit";
    if (key === "s") await enter(pause);
    else if (key === "v") judgeAll(pause);
    else if (key === "w") say(why(pause));
    else say(keys());
  }
}

async function enter({ pid }: Pause): Promise<void> {
  if (pid === undefined) {
    say("   There is no process yet: the namespaces layer makes it.");
    return;
  }
  const joined = ownNamespaces(pid);
  say(
    `   A shell, in ${joined.length === 0 ? "the host's namespaces: it has none of its own yet" : `its namespaces ${joined.join(", ")}`}; exit comes back here.`,
  );
  // the shell gets Ctrl-C like this process does, and it is meant for the shell
  const ignore = (): void => {};
  process.on("SIGINT", ignore);
  try {
    await shellInside(pid);
  } catch (error) {
    say(`   ${(error as Error).message}`);
  } finally {
    process.off("SIGINT", ignore);
  }
}

function judgeAll({ pid }: Pause): void {
  if (pid === undefined) {
    say("   There is no process yet.");
    return;
  }
  const view = new View(pid);
  for (const layer of layers) say(`${paint.bold(layer.name)}\n${showChecks(judge(layer, view))}`);
}

/** One key, without waiting for Enter. Ctrl-C comes as a key too; the end of the terminal as "". */
async function readKey(prompt: string): Promise<string> {
  writeSync(STDERR, prompt);
  // a descriptor of its own, and no read left pending on it: what is typed later belongs to the program in the container
  const fd = openSync("/dev/tty", constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  // loaded here and not above: in the release it would be loaded at every start, and it is slow
  const { ReadStream } = await import("node:tty");
  const terminal = new ReadStream(fd);
  terminal.setRawMode(true);
  const reader = Bun.file(fd).stream().getReader();
  try {
    const { value } = await reader.read();
    return value === undefined ? "" : (new TextDecoder().decode(value)[0] ?? "");
  } finally {
    await reader.cancel();
    terminal.setRawMode(false);
    writeSync(STDERR, "\n");
  }
}
