// Questions before the deed: answered at once, told after the learner has seen it, and asked again at the end where the answer
// was wrong.

import type { Predict } from "../lesson.ts";
import type { Dialog } from "./dialog.ts";
import type { Memory } from "./memory.ts";

export class Predictions {
  readonly #dialog: Dialog;
  readonly #memory: Memory;
  #open: { part: Predict; choice: number }[] = [];

  constructor(dialog: Dialog, memory: Memory) {
    this.#dialog = dialog;
    this.#memory = memory;
  }

  async ask(part: Predict): Promise<void> {
    const { silent } = this.#dialog;
    if (silent) {
      const choice = this.#memory.decisions.get(part);
      if (typeof choice === "number") this.#open.push({ part, choice });
      return;
    }
    this.#dialog.tell({ kind: "predict", part, again: false });
    const choice = await this.#dialog.ask(part, { kind: "predict", part, again: false });
    this.#memory.decisions.set(part, choice);
    this.#open.push({ part, choice });
  }

  /** It has been seen: what was right. */
  reveal(): void {
    for (const { part, choice } of this.#open) this.#tell(part, choice);
    this.#open = [];
  }

  /** Once more, with the answer right behind. */
  async again(part: Predict): Promise<void> {
    this.#dialog.tell({ kind: "predict", part, again: true });
    this.#tell(part, await this.#dialog.ask(part, { kind: "predict", part, again: true }));
  }

  #tell(part: Predict, choice: number): void {
    const right = part.choices[choice]?.right === true;
    if (!this.#dialog.silent) {
      if (right) this.#memory.missed.delete(part);
      else this.#memory.missed.add(part);
    }
    this.#dialog.tell({ kind: "reveal", part, choice, right });
  }
}
