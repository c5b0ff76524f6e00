// minidocker is what the caller's terminal and shell know; the program is elsewhere. Whatever signal comes, goes on.

import { forwarded } from "../core/supervise.ts";
import { View } from "../core/view.ts";
import { type ProcessIdentity, signalProcess } from "../state/process.ts";
import type { ContainerRecord } from "../state/shape.ts";
import { ignoredSignals } from "./interrupts.ts";
import type { RunOptions } from "./options/index.ts";

const unavailable = new Set(["SIGCHLD"]);

/** How long a program may take to leave after its terminal is gone. */
const GRACE = 2000;

/** So often somebody asks a program to end before it is meant. */
const ASKED = 3;

/**
 * Sends every signal that arrives on to the supervisor, which passes it to the program. PID 1 ignores those that it has no
 * handler for, so a program without one is killed at the third SIGINT or SIGTERM; to one that has, a Ctrl-C may mean anything.
 * Some time after a SIGHUP it is killed if there was a terminal, because nobody can reach it any more. Returns how to stop.
 */
export function forwardSignals(
  { supervisor, process: program, name }: ContainerRecord,
  { terminal, init }: Pick<RunOptions, "terminal" | "init">,
  notice: (text: string) => void,
): () => void {
  let asked = 0;
  let hangUp: Timer | undefined;
  const insist = (): void => send(program, "SIGKILL");
  const forward = (signal: NodeJS.Signals): void => {
    if ((signal === "SIGINT" || signal === "SIGTERM") && ++asked >= ASKED) {
      if (program === undefined || !takesNotice(program.pid, init, signal)) insist();
      else if (asked === ASKED)
        notice(
          `the program handles ${signal} by itself; what ends it all the same, in another terminal: minidocker rm --force ${name}`,
        );
    }
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

/** Whether the program has a handler for it, or waits for it as for something to read, which it has to block for: signalfd(2). */
function takesNotice(pid: number, init: boolean, signal: string): boolean {
  try {
    // process 1 is the init stage then, and the program its first child
    const program = init ? Number.parseInt(new View(pid).file(`task/${pid}/children`), 10) : pid;
    const view = new View(program);
    return view.signals("SigCgt").has(signal) || view.signals("SigBlk").has(signal);
  } catch {
    return false; // it has ended
  }
}

/** In a handler or a timer, where nobody would catch an error. */
function send(to: ProcessIdentity | undefined, signal: string): void {
  try {
    if (to !== undefined) signalProcess(to, signal);
  } catch {
    // it has become another user's, who alone can end it
  }
}
