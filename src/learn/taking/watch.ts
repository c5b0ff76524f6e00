// Looks whether a task is done, again and again, while the learner is asked; and recognises what they have done instead.

import type { Hint } from "../lesson.ts";
import type { Task } from "../task.ts";
import { judge } from "./acts.ts";
import type { LessonContext } from "./context.ts";

/** How often the kernel is looked at while the learner works, in milliseconds from the end of a look to the next. */
const LOOK = 250;
export class Watch {
  readonly #ctx: LessonContext;
  readonly #task: Task;
  readonly #found = new AbortController();
  readonly #told = new Set<Hint>();
  readonly #looking: Promise<void>;
  #stopped = false;
  #saw: string | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(ctx: LessonContext, task: Task) {
    this.#ctx = ctx;
    this.#task = task;
    this.#looking = this.#watch();
    this.#looking.catch(() => {});
  }

  /** Aborted when the task is done. */
  get done(): AbortSignal {
    return this.#found.signal;
  }

  /** Rejects where looking fails, which is no answer of the kernel's. */
  get failed(): Promise<void> {
    return this.#looking;
  }

  /** Looks now, and says what is seen and what that may come from. */
  report(): Promise<void> {
    return this.#oneByOne(async () => {
      const { ok, saw } = await judge(this.#ctx, this.#task.verify);
      this.#ctx.dialog.tell({ kind: "verify", part: this.#task.verify, ok, saw });
      if (ok) this.#found.abort();
      else await this.#diagnose(true);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looking.catch(() => {});
  }

  async #watch(): Promise<void> {
    while (!this.#stopped && !this.done.aborted) {
      try {
        await this.#oneByOne(() => this.#look());
      } catch (error) {
        // the question ends by itself then
        if (this.#ctx.container.removed !== undefined) return;
        throw error;
      }
      await Bun.sleep(LOOK);
    }
  }

  async #look(): Promise<void> {
    if (this.#stopped || this.done.aborted) return;
    const { ok, saw } = await judge(this.#ctx, this.#task.verify);
    if (ok) return this.#found.abort();
    const changed = this.#saw !== undefined && this.#saw !== saw;
    this.#saw = saw;
    await this.#diagnose(changed);
  }

  #oneByOne(action: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(action);
    return this.#last;
  }

  // each is told when it begins to be so, and again only to who asks
  async #diagnose(again: boolean): Promise<void> {
    for (const hint of this.#task.diagnoses) {
      const { signal } = this.#ctx.dialog;
      const { status } = await this.#ctx.workbench.look(hint.when ?? "false", { signal });
      if (status !== 0) this.#told.delete(hint);
      else if (again || !this.#told.has(hint)) {
        this.#told.add(hint);
        this.#ctx.dialog.tell({ kind: "diagnosis", text: hint.text });
      }
    }
  }
}
