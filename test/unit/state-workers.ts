// The test's side of state-worker.ts: starts such processes and speaks to them.

import type { Operations } from "./state-worker.ts";

export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

export class Worker {
  readonly pid: number;
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(state: string) {
    this.#child = Bun.spawn([process.execPath, `${import.meta.dir}/state-worker.ts`], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { MINIDOCKER_STATE: state, MINIDOCKER_DATA: `${state}-data` },
    });
    this.pid = this.#child.pid;
    this.#lines = lines(this.#child.stdout);
  }

  /** Sends an operation without waiting for its end. */
  send<N extends keyof Operations>(name: N, ...args: Parameters<Operations[N]>): void {
    this.#child.stdin.write(`${JSON.stringify([name, ...args])}\n`);
    void this.#child.stdin.flush();
  }

  async answer(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`worker ${this.pid} has ended`);
    return JSON.parse(value) as Answer;
  }

  /** The operation's result; throws its error. */
  async run<N extends keyof Operations>(name: N, ...args: Parameters<Operations[N]>): Promise<unknown> {
    this.send(name, ...args);
    const { value, error } = await this.answer();
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

/** Runs `use` with so many workers, and ends them. */
export async function withWorkers<T>(
  count: number,
  state: string,
  use: (workers: readonly Worker[]) => Promise<T>,
): Promise<T> {
  const workers = Array.from({ length: count }, () => new Worker(state));
  try {
    return await use(workers);
  } finally {
    await Promise.all(workers.map((it) => it.kill()));
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
