// Between the runner and whoever shows the lesson. What is done again in silence is neither told nor asked; an abort answers
// every question; and a control, such as `back`, is thrown, because it ends whatever asks.

import type { Control, Event, Frontend, Question, Reply } from "../event.ts";
import type { Part } from "../lesson.ts";

/**
 * The learner wants to be elsewhere; or the container is elsewhere (`resume`), or nowhere any more (`lost`), and is made again as
 * far as the lesson is.
 */
export class Turn extends Error {
  override readonly name = "Turn";
  readonly control: Control | "resume" | "lost";

  constructor(control: Control | "resume" | "lost") {
    super(control);
    this.control = control;
  }
}

type Kind = Question["kind"];
type Asked<K extends Kind> = Extract<Question, { kind: K }>;

export class Dialog {
  silent = false;
  readonly signal: AbortSignal;
  readonly #frontend: Frontend;
  readonly #askedAt: Set<Part>;
  readonly #gone: () => AbortSignal | undefined;

  /** `gone`: aborted when the lesson's container has been removed, while there is one. */
  constructor(frontend: Frontend, signal: AbortSignal, askedAt: Set<Part>, gone: () => AbortSignal | undefined) {
    this.#frontend = frontend;
    this.signal = signal;
    this.#askedAt = askedAt;
    this.#gone = gone;
  }

  tell(event: Event): void {
    if (!this.silent) this.#frontend.tell(event);
  }

  /** `at` is the part to which one can come back. Throws a Turn, or the signal's reason. */
  async ask<K extends Kind>(at: Part, question: Asked<K>): Promise<Exclude<Reply<Asked<K>>, Control>> {
    this.signal.throwIfAborted();
    if (question.kind !== "continue") this.#askedAt.add(at);
    const gone = this.#gone();
    const reply = await this.orAborted(this.#frontend.ask(question, gone));
    if (gone?.aborted === true) throw new Turn("lost");
    if (reply === "quit" || reply === "restart" || reply === "back") throw new Turn(reply);
    return reply as Exclude<Reply<Asked<K>>, Control>;
  }

  /** What comes of it, unless the lesson is ended first: who waits for a key, or for a program, may never hear of that. */
  async orAborted<T>(answer: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(this.signal.reason);
    this.signal.addEventListener("abort", abort);
    try {
      return await Promise.race([answer, promise]);
    } finally {
      this.signal.removeEventListener("abort", abort);
      answer.catch(() => {});
    }
  }
}
