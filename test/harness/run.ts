// A command under test: what it printed, how it ended, and a limit to how long it may take.

import { constants } from "node:os";
import { descendants, killTree } from "./processes.ts";

export interface RunOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** All of stdin; without it, stdin is /dev/null. `"pipe"`: left open, for `Run.write` and `Run.end`. */
  readonly input?: string | Uint8Array | "pipe";
  readonly cwd?: string;
  /** Milliseconds after which the command and everything below it is killed. Default: 60,000. */
  readonly timeout?: number;
}

export interface Outcome {
  /** The exit code; 128 + n if signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly milliseconds: number;
}

export class Run {
  /** Resolves when the command has ended and its output has been closed. */
  readonly outcome: Promise<Outcome>;
  readonly #child: Bun.Subprocess<"pipe" | "ignore", "pipe", "pipe">;
  readonly #entered: boolean;
  #stdout = "";
  #stderr = "";

  private constructor(child: Bun.Subprocess<"pipe" | "ignore", "pipe", "pipe">, entered: boolean, timeout: number) {
    this.#child = child;
    this.#entered = entered;
    this.outcome = this.#finish(timeout);
  }

  static start(argv: readonly string[], { env, input, cwd, timeout = 60_000 }: RunOptions = {}): Run {
    const child = Bun.spawn([...argv], {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] ?? "", ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const run = new Run(child, argv[0] === "nsenter", timeout);
    if (input !== undefined && input !== "pipe") {
      run.write(input);
      run.end();
    }
    return run;
  }

  /** What it has printed on stdout so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  write(input: string | Uint8Array): void {
    if (typeof this.#child.stdin !== "object") throw new Error('stdin is not open: start with input: "pipe"');
    this.#child.stdin.write(input);
    void this.#child.stdin.flush();
  }

  /** Closes stdin. */
  end(): void {
    if (typeof this.#child.stdin === "object") void this.#child.stdin.end();
  }

  /** The pid of the command itself, as this process sees it; nsenter(1) stays in front of it as its parent. */
  get pid(): number {
    const child = this.#entered ? descendants(this.#child.pid)[0] : undefined;
    return child?.pid ?? this.#child.pid;
  }

  signal(name: keyof typeof constants.signals): void {
    process.kill(this.pid, constants.signals[name]);
  }

  /** Waits until stdout or stderr holds the text; throws what they hold when the time is up. */
  async until(text: string | RegExp, milliseconds = 30_000): Promise<void> {
    await waitUntil(
      () => matches(this.#stdout, text) || matches(this.#stderr, text),
      milliseconds,
      () => {
        return `${JSON.stringify(String(text))} did not appear; stdout: ${this.#stdout}; stderr: ${this.#stderr}`;
      },
    );
  }

  async #finish(timeout: number): Promise<Outcome> {
    const start = performance.now();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killTree(this.#child.pid);
    }, timeout);
    const out = this.#collect(this.#child.stdout, (text) => (this.#stdout += text));
    const err = this.#collect(this.#child.stderr, (text) => (this.#stderr += text));
    await Promise.all([this.#child.exited, out, err]);
    clearTimeout(timer);
    const signal = this.#child.signalCode;
    const code = signal === null ? (this.#child.exitCode ?? -1) : 128 + signalNumber(signal);
    const milliseconds = performance.now() - start;
    return { code, stdout: this.#stdout, stderr: this.#stderr, timedOut, milliseconds };
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of stream) add(decoder.decode(piece, { stream: true }));
  }
}

function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : constants.signals[signal];
}

export function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}

/** Polls until the condition holds. Throws an Error with `message()` when it does not in time. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  milliseconds: number,
  message: () => string,
): Promise<void> {
  const until = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(message());
    await Bun.sleep(10);
  }
}
