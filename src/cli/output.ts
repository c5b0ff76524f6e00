// Content goes to stdout, status to stderr, at once and without a stream object in between, which would take
// milliseconds to make.

import { writeSync } from "node:fs";
import { visible } from "./style.ts";

/** Whoever read our stdout has gone (`minidocker help | head -1`): end as SIGPIPE ends a program. */
export class ReaderGone extends Error {
  readonly exitCode = 141;
}

export function print(text: string): void {
  write(1, text, "stdout");
}

/** For programs that read us. */
export const jsonOption = { long: "json", help: "print JSON, for programs" } as const;

export function printJson(value: unknown): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * `minidocker: …` on stderr. The text may quote a file's name or an argument, so what could steer the terminal is shown instead
 * of sent. A stderr that nobody reads is no reason to stop.
 */
export function say(text: string): void {
  try {
    write(2, `minidocker: ${text.split("\n").map(visible).join("\n")}\n`, "stderr");
  } catch {
    // closed, full, or gone: what has happened is told by the exit code, too
  }
}

/** All of it, however slowly it is taken. Throws ReaderGone where nobody reads. `name`: what a failure calls it. */
export function write(fd: number, text: string, name: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EPIPE") throw new ReaderGone("nobody reads our output any more");
      if (code !== "EAGAIN") throw new Error(cannotWrite(name, error), { cause: error });
      Bun.sleepSync(1); // a pipe that somebody has made non-blocking is full
    }
  }
}

/** What to say of a file, or of stdout, that does not take what is written. */
export function cannotWrite(name: string, error: unknown): string {
  const { code } = error as { code?: string };
  return `${name}: cannot be written (${code ?? String(error)})${code === "ENOSPC" ? ": no space is left there" : ""}`;
}
