// minidocker is what the caller's terminal and shell know; the program is elsewhere. Whatever signal comes, goes on.

import { syscallNumbers } from "../abi/syscalls.ts";
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

/** Milliseconds: a Ctrl-C that comes twice within them is one, which `npx` or `bun run` has passed on as well. */
const TOGETHER = 25;

/**
 * Sends every signal that arrives on to the supervisor, which passes it to the program. PID 1 ignores those that it has no
 * handler for, so a program without one is killed at the third SIGINT, or the third SIGTERM; to one that has, a Ctrl-C may mean
 * anything. Some time after a SIGHUP it is killed, because nobody can reach it any more, unless it handles that one and has no
 * terminal of its own. Returns how to stop.
 */
export function forwardSignals(
  { supervisor, process: program, name }: ContainerRecord,
  { terminal, init }: Pick<RunOptions, "terminal" | "init">,
  notice: (text: string) => void,
): () => void {
  const asked = new Map<string, number>();
  let pressed = Number.NEGATIVE_INFINITY;
  let hangUp: Timer | undefined;
  const insist = (): void => send(program, "SIGKILL");
  const forward = (signal: NodeJS.Signals): void => {
    if (signal === "SIGINT") {
      const before = pressed;
      pressed = performance.now();
      if (pressed - before < TOGETHER) return;
    }
    const handled = (): boolean => program !== undefined && takesNotice(program.pid, init, signal);
    const times = (asked.get(signal) ?? 0) + 1;
    asked.set(signal, times);
    if ((signal === "SIGINT" || signal === "SIGTERM") && times >= ASKED) {
      if (!handled()) {
        if (times === ASKED) notice(`the program takes no notice of ${signal}: killed`);
        insist();
      } else if (times === ASKED) {
        notice(
          `the program handles ${signal} by itself; what ends it all the same, in another terminal: minidocker rm --force ${name}`,
        );
      }
    }
    if (signal === "SIGHUP") hangUp ??= setTimeout(() => (terminal || !handled()) && insist(), GRACE);
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

/**
 * Whether the program has a handler for it, or blocks it to wait for it: by signalfd(2), or by sigtimedwait(2), during which it is
 * not blocked.
 */
function takesNotice(pid: number, init: boolean, signal: string): boolean {
  try {
    // process 1 is the init stage then, and the program its first child
    const program = init ? Number.parseInt(new View(pid).file(`task/${pid}/children`), 10) : pid;
    const view = new View(program);
    return view.signals("SigCgt").has(signal) || view.signals("SigBlk").has(signal) || isWaiting(view);
  } catch {
    return false; // it has ended
  }
}

/** For whatever signals: which, is in its memory. */
function isWaiting(view: View): boolean {
  const waiting = syscallNumbers(process.arch === "arm64" ? "aarch64" : "x86_64").get("rt_sigtimedwait");
  return view.file("syscall").startsWith(`${waiting} `);
}

/** In a handler or a timer, where nobody would catch an error. */
function send(to: ProcessIdentity | undefined, signal: string): void {
  try {
    if (to !== undefined) signalProcess(to, signal);
  } catch {
    // it has become another user's, who alone can end it
  }
}
