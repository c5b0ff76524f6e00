// Commands that hold a container for somebody end in order when they are asked to.

import { Interrupted, onInterrupt } from "../engine/interrupts.ts";

/** Calls `action` with a signal that Ctrl-C, a hang-up or a polite kill aborts, and resolves with the exit code. */
export async function interruptible(action: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const stop = onInterrupt((signal) => controller.abort(new Interrupted(signal)));
  try {
    return await action(controller.signal);
  } catch (error) {
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    stop();
  }
}
