// The lesson's own container: held, made as far as the lesson says, and made anew where a task is tried without a layer.

import type { Check } from "../../core/layer.ts";
import { type Change, capture, changesBetween } from "../../core/snapshot.ts";
import type { Pause, StepSize } from "../../core/stepper.ts";
import { View } from "../../core/view.ts";
import type { Held, ScriptOutcome } from "../../engine/held.ts";
import type { Call } from "../../stage/call.ts";
import type { Target, Where } from "../lesson.ts";
import { SECONDS } from "./script.ts";

/** Where it stands, and what is new since it stood still before. */
export interface Stop {
  /** Undefined where it runs. */
  readonly pause: Pause | undefined;
  readonly made: readonly Call[];
  readonly changes: readonly Change[];
  /** What the layers judge otherwise now. */
  readonly checks: readonly Check[];
}

export class LessonContainer {
  readonly #make: (without: readonly string[]) => Promise<Held>;
  /** Is told the pid whenever it is another one. */
  readonly #onPid: (pid: number | undefined) => void;
  #held: Held | undefined;
  #reached: Target | undefined;
  #stop: Stop | undefined;
  #told: Stop | undefined;

  constructor(make: (without: readonly string[]) => Promise<Held>, onPid: (pid: number | undefined) => void) {
    this.#make = make;
    this.#onPid = onPid;
  }

  /** Throws before it is begun. */
  get held(): Held {
    if (this.#held === undefined) throw new Error("the lesson's container has not been begun");
    return this.#held;
  }

  get checks(): Check[] {
    return this.#held?.checks().flatMap((it) => it.checks) ?? [];
  }

  /** What is to be told of it now: what is new in it, once. */
  told(stop: Stop): Stop {
    if (stop === this.#told) return { pause: stop.pause, made: [], changes: [], checks: [] };
    this.#told = stop;
    return stop;
  }

  /** On to right before that place. Where it has gone by already, it stays where it is. */
  async advance(target: Target): Promise<Stop> {
    this.#reached = target;
    return this.#go((held) => held.advance(target));
  }

  async step(size: StepSize): Promise<Stop> {
    return this.#go((held) => held.advance({ size }));
  }

  /** To where it stood still before, with the same ids and in the same state. */
  async back(): Promise<Stop> {
    return this.#go((held) => held.back());
  }

  async run(where: Exclude<Where, "host">, script: string): Promise<ScriptOutcome> {
    if (where === "container" && this.#held?.state !== "running") await this.advance("finished");
    return this.held.runScript(where, script, { timeout: SECONDS * 1000 });
  }

  /** The same container, as far as it has come, short of these layers; with none of them, as the lesson has it. */
  async remake(without: readonly string[]): Promise<void> {
    const reached = this.#reached;
    await this.close();
    this.#held = await this.#make(without);
    if (reached !== undefined) await this.advance(reached);
  }

  /** To before its beginning, with the same ids. */
  async rewind(): Promise<void> {
    this.#reached = this.#stop = this.#told = undefined;
    this.#onPid(undefined);
    if (this.#held !== undefined && this.#held.state !== "closed") return await this.#held.rewind();
    await this.close();
  }

  /** That another command has removed it, until it is made again. */
  get removed(): Error | undefined {
    return this.#held?.removed;
  }

  /** Aborted when it has been removed; undefined before it is begun. */
  get gone(): AbortSignal | undefined {
    return this.#held?.gone;
  }

  get id(): string | undefined {
    return this.#held?.id;
  }

  async close(): Promise<void> {
    const held = this.#held;
    this.#held = this.#stop = this.#told = undefined;
    this.#onPid(undefined);
    await held?.close();
  }

  async #go(move: (held: Held) => Promise<Pause | undefined>): Promise<Stop> {
    this.#held ??= await this.#make([]);
    const held = this.#held;
    const stood = held.state === "new" ? undefined : { pause: held.pause };
    // it begins as a copy of this process: only what differs is news
    const snapshot = held.pid === undefined ? capture(new View(process.pid)) : held.snapshot();
    const before = { snapshot, verdicts: new Map(this.checks.map((it) => [it.id, it.verdict])) };
    const pause = await move(held);
    // a place that it has come to already: by smaller steps, say
    if (stood?.pause === pause && stood !== undefined && this.#stop !== undefined) return this.#stop;
    this.#onPid(held.pid);
    const checks = this.checks.filter(({ id, verdict }) => verdict !== (before.verdicts.get(id) ?? "no"));
    const news = pause ?? { made: [...held.made], changes: changesBetween(before.snapshot, held.snapshot()) };
    this.#stop = { pause, made: news.made, changes: news.changes, checks };
    return this.#stop;
  }
}
