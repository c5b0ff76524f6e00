// Stepping: the making of a container stops before a call, and somebody may look around before it goes on. Headless:
// what a pause looks like is the business of whoever answers it.

import type { Call } from "../stage/call.ts";
import type { Observer, Session } from "../stage/stage.ts";
import type { Explanation, Layer } from "./layer.ts";
import { type Change, capture, changesBetween, type Snapshot } from "./snapshot.ts";
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
  /** All layers of this container, those of the user's own among them. Empty before it is described. */
  readonly layers: readonly Layer[];
  /** The calls since the last pause. */
  readonly made: readonly Call[];
  /** What the kernel shows of the init stage now, and how that differs from the last pause. Empty before it exists. */
  readonly snapshot: Snapshot;
  readonly changes: readonly Change[];
  /** The init stage as the host sees it, or undefined before it exists. */
  readonly pid: number | undefined;
}

/** A layer, one of its steps, a call of that step by its name; or `finished`: the container runs. */
export type Target = { readonly layer: string; readonly step?: string; readonly call?: string } | "finished";

/** One call of a container's making: the n-th of its step, which may come several times. */
export interface Position {
  readonly layer: string;
  readonly step: string;
  readonly occurrence: number;
  readonly call: number;
}

/**
 * `go`: no more pauses. `quit`: take everything back. `next`: on to the next pause of that size. `to`: on to a place.
 */
export type Answer = { readonly next: StepSize } | { readonly to: Target | Position } | "go" | "quit";

/** Thrown where somebody wants no container after all. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

/** Where the making goes on to: the next pause of a size, or the next call that answers to a description. */
type Goal = StepSize | Exclude<Target | Position, "finished">;

const isPosition = (goal: Exclude<Goal, StepSize>): goal is Position => "occurrence" in goal;

export class Stepper implements Observer {
  readonly #session: Session;
  readonly #ask: (pause: Pause) => Promise<Answer>;
  #goal: Goal | undefined;
  #position: Position | undefined;
  readonly #occurrences = new Map<string, number>();
  readonly #seen = new Set<string>();
  #abandoned = false;
  // the init stage begins as a copy of this process: only what differs is news
  #snapshot: Snapshot = capture(new View(process.pid));
  #made: Call[] = [];
  #layers: readonly Layer[] = [];
  #explain: (layer: string) => Explanation | undefined = () => undefined;
  #pid: number | undefined;

  constructor(session: Session, goal: StepSize | Target | Position, ask: (pause: Pause) => Promise<Answer>) {
    this.#session = session;
    this.#ask = ask;
    this.aim(goal);
  }

  readonly sources = true;

  /** Only while somebody watches every call. */
  get pace(): boolean {
    return this.#goal === "call";
  }

  /** The init stage, as the host sees it. Undefined before it exists. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** There is an init stage now, which is looked at from here on. */
  follow(pid: number): void {
    this.#pid = pid;
  }

  /** Where the call stands before which it paused, or was to pause, last. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** The calls since the last pause. */
  get made(): readonly Call[] {
    return this.#made;
  }

  /** From now on, the pauses of these layers tell what the layers say of this container. */
  describe(layers: readonly Layer[], spec: Spec): void {
    this.#layers = layers;
    this.#explain = (name) => layers.find((it) => it.name === name)?.explain(spec);
  }

  /** Where the first pause is to be. */
  aim(goal: StepSize | Target | Position): void {
    this.#goal = goal === "finished" ? undefined : goal;
  }

  /** No more pauses: it is made, or will not be. What runs in it has the terminal now. */
  finish(): void {
    this.#goal = undefined;
    this.#abandoned = false;
  }

  /** Whether a call that answers to the target has gone by, or is the one that it stands still before. */
  passed(target: Exclude<Target, "finished">): boolean {
    return this.#seen.has(keyOf(target.layer, target.step, target.call));
  }

  /** Nobody wants it any more: the next call is not made. Those that take it back are. */
  abandon(): void {
    this.#abandoned = true;
  }

  async before(call: Call): Promise<void> {
    if (this.#abandoned) {
      this.#abandoned = false;
      throw new Abandoned(`abandoned before ${call.name}`);
    }
    const previous = this.#position;
    this.#position = this.#locate(call);
    const size = this.#reached(call, previous);
    if (size !== undefined) await this.#pause(call, size);
  }

  after(call: Call): void {
    this.#made.push(call);
  }

  #locate({ name, origin: { layer, step } }: Call): Position {
    for (const it of [keyOf(layer), keyOf(layer, step), keyOf(layer, step, name), keyOf(layer, undefined, name)])
      this.#seen.add(it);
    const last = this.#position;
    if (last?.layer === layer && last.step === step) return { ...last, call: last.call + 1 };
    const key = `${layer}: ${step}`;
    const occurrence = (this.#occurrences.get(key) ?? 0) + 1;
    this.#occurrences.set(key, occurrence);
    return { layer, step, occurrence, call: 1 };
  }

  /** The size of the pause that is due before `call`, if one is. */
  #reached(call: Call, previous: Position | undefined): StepSize | undefined {
    const goal = this.#goal;
    const { layer, step } = call.origin;
    const newLayer = previous?.layer !== layer;
    const newStep = newLayer || previous.step !== step;
    if (goal === undefined) return undefined;
    if (goal === "call" || (goal === "step" && newStep) || (goal === "layer" && newLayer)) return goal;
    if (typeof goal === "string" || goal.layer !== layer) return undefined;
    if (goal.step === undefined && goal.call === undefined) return newLayer ? "layer" : undefined;
    if (goal.step !== undefined && goal.step !== step) return undefined;
    if (isPosition(goal)) return samePosition(goal, this.#position) ? "call" : undefined;
    if (goal.call === undefined) return newStep ? "step" : undefined;
    return goal.call === call.name ? "call" : undefined;
  }

  async #pause(call: Call, size: StepSize): Promise<void> {
    this.#session.current?.flushUnlessHeld();
    const before = this.#snapshot;
    if (this.#pid !== undefined) this.#snapshot = capture(new View(this.#pid));
    const made = this.#made;
    this.#made = [];
    const answer = await this.#ask({
      ...call.origin,
      call,
      size,
      explanation: this.#explain(call.origin.layer),
      layers: this.#layers,
      made,
      snapshot: this.#snapshot,
      changes: changesBetween(before, this.#snapshot),
      pid: this.#pid,
    });
    // taking it all back is made of calls, too: after "quit", none of them asks again
    this.#goal = goalOf(answer);
    if (answer === "quit") throw new Abandoned(`abandoned before ${call.name}`);
  }
}

const keyOf = (layer: string, step = "", call = ""): string => [layer, step, call].join("\n");

function goalOf(answer: Answer): Goal | undefined {
  if (typeof answer === "string") return undefined;
  if ("next" in answer) return answer.next;
  return answer.to === "finished" ? undefined : answer.to;
}

const samePosition = (a: Position, b: Position | undefined): boolean =>
  a.layer === b?.layer && a.step === b.step && a.occurrence === b.occurrence && a.call === b.call;
