// A script runs, and what it prints is collected, until its shell ends. What it has left in the background may go on: somebody
// reads its output until the lesson's end, so that it can write.

import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, renameSync, unlinkSync } from "node:fs";
import { constants as os } from "node:os";
import { dirname } from "node:path";
import type { ScriptOutcome } from "../../engine/held.ts";
import { Output } from "../../engine/output.ts";

/** What a script may take. */
export const SECONDS = 20;
/** Bytes of its output that are kept. */
const OUTPUT_LIMIT = 64 * 1024;
const POLL = 10;

export interface ScriptOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the name begins that a pipe can have for a moment, and by which it is known later. Other users may not know it. */
  readonly pipes: string;
  readonly signal?: AbortSignal | undefined;
}

/** Runs it in a session of its own, so that the terminal's Ctrl-C is for minidocker alone; an abort ends that session. */
export async function runScript(
  argv: readonly string[],
  { cwd, env, pipes, signal }: ScriptOptions,
): Promise<ScriptOutcome> {
  signal?.throwIfAborted();
  const pipe = new Pipe(pipes);
  const child = Bun.spawn([...argv], { cwd, env, stdio: ["ignore", pipe.write, pipe.write], detached: true });
  pipe.begin();
  const end = (): void => endSession(child.pid);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, SECONDS * 1000);
  signal?.addEventListener("abort", end);
  try {
    await child.exited;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
  const output = pipe.take();
  signal?.throwIfAborted();
  // of what a signal has ended, 128 + its number
  const status = child.exitCode ?? 128 + os.signals[child.signalCode as NodeJS.Signals];
  return { output, status, timedOut };
}

function endSession(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has just ended
  }
}

/**
 * A pipe of the kernel's, which a script can open again as /dev/stdout: what Bun calls a pipe is a socket. One for stdout and
 * stderr, so that lines stay in their order.
 */
class Pipe {
  readonly write: number;
  readonly #output: Output;
  #timer: Timer | undefined;
  #taken = false;

  constructor(prefix: string) {
    const path = `${prefix}-${randomBytes(4).toString("hex")}`;
    // every user can read the arguments of a program, so this one does not hear the name
    const first = `${dirname(prefix)}/pipe`;
    const { exitCode } = Bun.spawnSync(["mkfifo", "-m", "600", first]);
    if (exitCode !== 0) throw new Error(`mkfifo ${first} ended with ${exitCode}`);
    renameSync(first, path);
    this.#output = new Output(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), OUTPUT_LIMIT);
    this.write = openSync(path, constants.O_WRONLY);
    unlinkSync(path);
  }

  /** The writers have it now: when they have all ended, so does the pipe. */
  begin(): void {
    closeSync(this.write);
    this.#poll(POLL);
  }

  /** What is in the pipe when its writer has ended is all that it has written. */
  take(): string {
    this.#drain();
    this.#taken = true;
    const { text, cut } = this.#output;
    return cut ? `${text}\n(the rest is left out)\n` : text;
  }

  #poll(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      if (this.#drain()) this.#poll(this.#taken ? 10 * POLL : POLL);
    }, milliseconds);
    this.#timer.unref();
  }

  /** False at the end of the pipe. */
  #drain(): boolean {
    if (this.#timer === undefined) return false;
    if (this.#output.read()) return true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#output.close();
    return false;
  }
}
