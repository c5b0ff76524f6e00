// `run --step`: a pause on a terminal, and which keys answer it.

import { writeSync } from "node:fs";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Pause, StepSize } from "../core/stepper.ts";
import { shellInside } from "../engine/enter.ts";
import { readKey } from "./keys.ts";
import { palette } from "./palette.ts";
import {
  describeShell,
  INDENT,
  noProcess,
  showChanges,
  showMade,
  showNext,
  showVerdicts,
  showWhy,
} from "./pause-lines.ts";
import { columns, isTerminal, proseWidth, width, wrap } from "./style.ts";

const STDIN = 0;
const STDERR = 2;
const paint = palette(STDERR);
const options = { paint, limit: () => Number.POSITIVE_INFINITY };
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
  for (const line of showMade(pause.made, pause.size === "call", options)) say(line);
  for (const line of showChanges(pause.changes, pause.size, options)) say(line);
  say("");
  for (const line of showNext(pause, told, options)) say(line);
}

const quitting = new Set(["q", "ctrl-c", "ctrl-d", "gone"]);
const going = new Set(["enter", "n", " "]);

async function answer(pause: Pause): Promise<Answer> {
  const sizes: Record<string, StepSize> = { l: "layer", t: "step", c: "call" };
  for (;;) {
    const key = (await orSignal(readKey(paint.bold("   [Enter s w v r q ?] "), { fd: STDERR }))) ?? "gone";
    const size = sizes[key];
    if (size !== undefined) return { next: size };
    if (going.has(key)) return { next: pause.size };
    if (key === "r") return "go";
    if (quitting.has(key)) return "quit";
    if (key === "s") await enter(pause);
    else if (key === "v")
      say(pause.pid === undefined ? noProcess : showVerdicts(pause.pid, pause.layers, paint).trimEnd());
    else if (key === "w") say(showWhy(pause));
    else say(keys());
  }
}

/** Whoever closes the terminal at a pause, or ends minidocker politely, abandons the container as well: nothing is left. */
async function orSignal<T>(key: Promise<T>): Promise<T | "gone"> {
  const { promise, resolve } = Promise.withResolvers<"gone">();
  const end = (): void => resolve("gone");
  for (const it of ["SIGHUP", "SIGTERM"] as const) process.on(it, end);
  try {
    return await Promise.race([key, promise]);
  } finally {
    for (const it of ["SIGHUP", "SIGTERM"] as const) process.off(it, end);
  }
}

async function enter({ pid }: Pause): Promise<void> {
  if (pid === undefined) {
    say(indented(noProcess));
    return;
  }
  say(indented(describeShell(pid)));
  try {
    await shellInside(pid);
  } catch (error) {
    say(indented((error as Error).message));
  }
}

const indented = (text: string): string => wrap(text, proseWidth(), INDENT);
