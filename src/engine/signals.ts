// minidocker is what the caller's terminal and shell know; the program is elsewhere. Whatever signal comes, goes on.

import { forwarded } from "../core/supervise.ts";
import { type ProcessIdentity, signalProcess } from "../state/process.ts";
import type { ContainerRecord } from "../state/shape.ts";
import { ignoredSignals } from "./interrupts.ts";

const unavailable = new Set(["SIGCHLD"]);

/** How long a program may take to leave after its terminal is gone. */
const GRACE = 2000;

/**
 * Sends every signal that arrives on to the supervisor, which passes it to the program. PID 1 ignores those that it has no
 * handler for, so it is killed at the third SIGINT or SIGTERM, because the user means it, and some time after a SIGHUP if there
 * was a terminal, because nobody can reach it any more. Returns how to stop.
 */
export function forwardSignals({ supervisor, process: program }: ContainerRecord, terminal: boolean): () => void {
  let asked = 0;
  let hangUp: Timer | undefined;
  const insist = (): void => send(program, "SIGKILL");
  const forward = (signal: NodeJS.Signals): void => {
    if ((signal === "SIGINT" || signal === "SIGTERM") && ++asked === 3) insist();
    if (signal === "SIGHUP" && terminal) hangUp ??= setTimeout(insist, GRACE);
    send(supervisor, signal);
  };
  const ignored = ignoredSignals();
  const signals = forwarded.filter((it) => !unavailable.has(it) && !ignored.has(it)) as NodeJS.Signals[];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    clearTimeout(hangUp);
    for (const signal of signals) process.off(signal, forward);
  };
}

/** In a handler or a timer, where nobody would catch an error. */
function send(to: ProcessIdentity | undefined, signal: string): void {
  try {
    if (to !== undefined) signalProcess(to, signal);
  } catch {
    // it has become another user's, who alone can end it
  }
}
