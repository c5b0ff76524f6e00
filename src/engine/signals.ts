// minidocker is what the caller's terminal and shell know; the program is elsewhere. Whatever signal comes, goes on.

import { forwarded } from "../core/supervise.ts";

const unavailable = new Set(["SIGCHLD"]);

/**
 * Sends every signal that arrives on to the supervisor, which passes it to the program. `insist` is called at the third
 * SIGINT or SIGTERM: PID 1 ignores both unless it has a handler, and the user means it. Returns how to stop.
 */
export function forwardSignals(supervisor: number, insist: () => void): () => void {
  let asked = 0;
  const forward = (signal: NodeJS.Signals): void => {
    if ((signal === "SIGINT" || signal === "SIGTERM") && ++asked === 3) insist();
    try {
      process.kill(supervisor, signal);
    } catch {
      // it has just ended, and with it the container
    }
  };
  const signals = forwarded.filter((it) => !unavailable.has(it)) as NodeJS.Signals[];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
