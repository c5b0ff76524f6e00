// Ctrl-C, a hang-up, a polite kill: the lesson ends as if by `quit`, and minidocker with 128 + the signal's number.

import { constants } from "node:os";

/** Somebody wants minidocker to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let suspended = 0;

/** Calls `action` with a signal that these signals abort, and resolves with the exit code. */
export async function interruptible(action: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const abort = (signal: NodeJS.Signals): void => {
    if (suspended > 0 && signal === "SIGINT") return;
    controller.abort(new Interrupted(signal));
  };
  for (const it of signals) process.on(it, abort);
  try {
    return await action(controller.signal);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    for (const it of signals) process.off(it, abort);
  }
}

/** While a shell has the terminal, Ctrl-C is meant for what runs in it, though this process gets it, too. */
export async function withTerminalLent<T>(action: () => Promise<T>): Promise<T> {
  suspended++;
  try {
    return await action();
  } finally {
    // who waits for the shell may have waited with all of this process: a Ctrl-C of that time is heard only now
    await allHeard();
    suspended--;
  }
}

/** Resolves when every signal that has come until now has been heard: they are heard in turn, so one more is waited for. */
async function allHeard(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGURG", () => resolve());
  process.kill(process.pid, "SIGURG");
  await promise;
}
