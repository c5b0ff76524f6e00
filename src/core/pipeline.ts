// Phases applied in order to one process. Everything that a layer can do goes through the Construction,
// which is the Context that layers see.

import { clone } from "../stage/launch.ts";
import type { Session, Stage } from "../stage/stage.ts";
import { absences } from "./absence.ts";
import type { Facts } from "./facts.ts";
import { runHostProgram } from "./host-program.ts";
import type { Context, Intent, JournalEntry, Layer, Phase } from "./layer.ts";
import { enabled, type Spec } from "./spec.ts";

export interface Surroundings {
  readonly spec: Spec;
  readonly facts: Facts;
  readonly session: Session;
  readonly host: Stage;
  /** Hears of the init stage as soon as there is one: its pid, as the host sees it. */
  readonly born?: (pid: number) => void;
  /** Writes an entry where a later command finds it, should this process be killed. */
  journal(entry: JournalEntry): void;
  notice(text: string): void;
}

export class Construction implements Context {
  readonly spec: Spec;
  readonly facts: Facts;
  readonly host: Stage;
  readonly intents: JournalEntry[] = [];
  readonly #around: Surroundings;
  #layer = "runtime";
  #init: { stage: Stage; pid: number; close(): void } | undefined;
  #program: { stage: Stage; pid: number; close(): void } | undefined;
  #acting: { stage: Stage } | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
    this.spec = around.spec;
    this.facts = around.facts;
    this.host = around.host;
  }

  get stage(): Stage {
    if (this.#init === undefined) throw new Error(`${this.#layer} asks for the init stage before it exists`);
    return (this.#acting ?? this.#init).stage;
  }

  get pid(): number {
    if (this.#init === undefined) throw new Error(`${this.#layer} asks for the pid of the init stage before it exists`);
    return this.#init.pid;
  }

  /**
   * Applies each phase, or what stands for it where the container is made without it. What is left out is told first.
   */
  async build(phases: readonly Phase[]): Promise<void> {
    for (const text of absences(this.spec, phases)) this.notice(text);
    for (const phase of phases) {
      this.#layer = phase.name;
      this.step("begin");
      if (enabled(this.spec, phase.name)) await phase.apply(this);
      else await phase.without?.(this);
    }
  }

  step(name: string): void {
    this.#around.session.origin = { layer: this.#layer, step: name };
  }

  notice(text: string): void {
    this.#around.notice(text);
  }

  intend(intent: Intent): void {
    const entry = { ...intent, layer: this.#layer };
    this.#around.journal(entry);
    this.intents.push(entry);
  }

  async cloneInit(flags: number): Promise<void> {
    this.#init = await clone(this.host, "init", flags);
    this.#around.born?.(this.#init.pid);
  }

  async cloneProgram(): Promise<number> {
    this.#program = await clone(this.stage, "program", 0);
    return this.#program.pid;
  }

  actAsProgram(): void {
    this.#acting = this.#program;
  }

  runOnHost(program: string, argv: readonly string[]): Promise<void> {
    return runHostProgram(this.host, program, argv);
  }

  /**
   * Lets go of the init stage's channel: a stage that still waits for orders ends. One that does not answer is killed.
   */
  release(): void {
    for (const it of [this.#program, this.#init]) {
      // what is still queued would be sent when the next stage is addressed, and there is nobody to send it to
      it?.stage.discard();
      it?.close();
    }
    if (this.#init?.stage.late) kill(this.#init.pid);
    this.#program = this.#acting = this.#init = undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it is another user's by now, and ends when it goes on
  }
}

/**
 * Takes back what a journal's entries stand for, in reverse. Goes on after a failure, and throws the first one when all
 * the rest is done.
 */
export async function unwind(
  entries: readonly JournalEntry[],
  layers: readonly Pick<Layer, "name" | "undo">[],
  host: Stage,
  facts: Facts,
): Promise<void> {
  let first: unknown;
  for (const intent of entries.toReversed()) {
    const { layer, kind } = intent;
    host.session.origin = { layer, step: `take back ${kind}` };
    try {
      await layers.find((it) => it.name === layer)?.undo?.(host, intent, facts);
      host.flush();
    } catch (error) {
      host.discard();
      first ??= error;
    }
  }
  if (first !== undefined) throw first;
}
