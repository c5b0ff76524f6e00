// Stepping: the making of a container stops before a call, and somebody may look around before it goes on. Headless: what a
// pause looks like is the business of whoever answers it.

import type { Call } from "../stage/call.ts";
import type { Observer, Session } from "../stage/stage.ts";
import type { Explanation, Layer } from "./layer.ts";
import { type Change, capture, compare, type Snapshot } from "./snapshot.ts";
import type { Spec } from "./spec.ts";
import { View } from "./view.ts";

export const stepSizes = ["layer", "step", "call"] as const;
export type StepSize = (typeof stepSizes)[number];

/** A moment at which nothing happens until somebody says so. */
export interface Pause {
  readonly layer: string;
  readonly step: string;
  /** The call that comes next. It has not been made. */
  readonly call: Call;
  readonly size: StepSize;
  /** What the layer says of itself in this container. Undefined for the runtime's own parts. */
  readonly explanation: Explanation | undefined;
  /** The calls since the last pause. */
  readonly made: readonly Call[];
  /** What the kernel shows of the init stage now, and how that differs from the last pause. Empty before it exists. */
  readonly snapshot: Snapshot;
  readonly changes: readonly Change[];
  /** The init stage as the host sees it, or undefined before it exists. */
  readonly pid: number | undefined;
}

/** `go`: no more pauses. `quit`: take everything back. A size: go on to the next pause of that size. */
export type Answer = { readonly next: StepSize } | "go" | "quit";

/** Thrown where somebody wants no container after all. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

export class Stepper implements Observer {
  readonly #session: Session;
  readonly #ask: (pause: Pause) => Promise<Answer>;
  #size: StepSize | undefined;
  #last: { layer: string; step: string } | undefined;
  // the init stage begins as a copy of this process: only what differs is news
  #snapshot: Snapshot = capture(new View(process.pid));
  #made: Call[] = [];
  #explain: (layer: string) => Explanation | undefined = () => undefined;
  pid: number | undefined;

  constructor(session: Session, size: StepSize, ask: (pause: Pause) => Promise<Answer>) {
    this.#session = session;
    this.#size = size;
    this.#ask = ask;
  }

  /** Every call alone in its frame only while somebody watches every call. */
  get pace(): boolean {
    return this.#size === "call";
  }

  /** From now on, the pauses of these layers tell what the layers say of this container. */
  describe(layers: readonly Layer[], spec: Spec): void {
    this.#explain = (name) => layers.find((it) => it.name === name)?.explain(spec);
  }

  /** No more pauses: it is made, or will not be. What runs in it has the terminal now. */
  finish(): void {
    this.#size = undefined;
  }

  async before(call: Call): Promise<void> {
    if (this.#size === undefined) return;
    const previous = this.#last;
    this.#last = call.origin;
    const newLayer = previous?.layer !== call.origin.layer;
    const newStep = newLayer || previous.step !== call.origin.step;
    if ((this.#size === "layer" && !newLayer) || (this.#size === "step" && !newStep)) return;
    await this.#pause(call, this.#size);
  }

  after(call: Call): void {
    this.#made.push(call);
    if (call.name === "clone3" && call.role === "host" && call.origin.layer === "namespaces" && call.result.ok)
      this.pid = call.result.value;
  }

  async #pause(call: Call, size: StepSize): Promise<void> {
    this.#session.current?.flushUnlessHeld();
    const before = this.#snapshot;
    if (this.pid !== undefined) this.#snapshot = capture(new View(this.pid));
    const made = this.#made;
    this.#made = [];
    const answer = await this.#ask({
      ...call.origin,
      call,
      size,
      explanation: this.#explain(call.origin.layer),
      made,
      snapshot: this.#snapshot,
      changes: compare(before, this.#snapshot),
      pid: this.pid,
    });
    // taking it all back is made of calls, too: after "quit", none of them asks again
    this.#size = typeof answer === "string" ? undefined : answer.next;
    if (answer === "quit") throw new Abandoned(`abandoned before ${call.name}`);
  }
}
