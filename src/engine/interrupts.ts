// Ctrl-C, a hang-up, a polite kill: somebody wants minidocker to end. Whoever is in the middle of something listens, puts
// it in order, and then ends.

import { SIG } from "../abi/signal.ts";
import { Refusal } from "../core/refusal.ts";
import { View } from "../core/view.ts";
import { whileSlow } from "../stage/channel.ts";

/** Somebody wants minidocker to end. The exit code is 128 + the signal's number. */
export class Interrupted extends Refusal {
  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`, 128 + (SIG[signal] as number));
  }
}

const interrupts = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

let lent = 0;

/** Calls `tell` for each of these signals that is meant for minidocker, instead of ending at once. Returns how to stop that. */
export function onInterrupt(tell: (signal: NodeJS.Signals) => void): () => void {
  const ignored = ignoredSignals();
  const heard = (signal: NodeJS.Signals): void => {
    if (lent === 0 || signal !== "SIGINT") tell(signal);
  };
  const signals = interrupts.filter((it) => !ignored.has(it));
  for (const it of signals) process.on(it, heard);
  return () => {
    for (const it of signals) process.off(it, heard);
  };
}

export interface HeldInterrupts {
  /** Throws Interrupted if one has come. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * From now on these signals wait until somebody looks. But not while this process waits for a call that takes long, as one on a
 * dead file server does: then they end it at once, and the next command takes back what it has made.
 */
export function holdInterrupts(): HeldInterrupts {
  let first: NodeJS.Signals | undefined;
  const hold = (): (() => void) =>
    onInterrupt((signal) => {
      first ??= signal;
    });
  let letGo = hold();
  whileSlow({
    begin: () => letGo(),
    end: () => {
      letGo = hold();
    },
  });
  const stop = (): void => {
    whileSlow(undefined);
    letGo();
  };
  const look = async (): Promise<void> => {
    await allHeard();
    if (first !== undefined) throw new Interrupted(first);
  };
  return { look, stop };
}

/** While a shell has the terminal, Ctrl-C is meant for what runs in it, though this process gets it, too. */
export async function withTerminalLent<T>(action: () => Promise<T>): Promise<T> {
  const ignore = (): void => {};
  process.on("SIGINT", ignore);
  lent++;
  try {
    return await action();
  } finally {
    // who waits for the shell may have waited with all of this process: a Ctrl-C of that time is heard only now
    await allHeard();
    lent--;
    process.off("SIGINT", ignore);
  }
}

/** Resolves when every signal that has come until now has been heard: they are heard in turn, so one more is waited for. */
async function allHeard(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGURG", () => resolve());
  process.kill(process.pid, "SIGURG");
  await promise;
}

// as it was when this process began: what it listens to later is no longer ignored
let inherited: ReadonlySet<string> | undefined;

/** What the caller wants ignored (nohup) stays ignored. */
export function ignoredSignals(): ReadonlySet<string> {
  inherited ??= new View(process.pid).signals("SigIgn");
  return inherited;
}
