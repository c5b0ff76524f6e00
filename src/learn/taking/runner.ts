// Takes somebody through a lesson. Headless: a front end is told what happens, and asked. Whatever the lesson has made is gone
// when this returns; where minidocker is killed, the workbench's guardian sees to that.

import type { Event, Frontend } from "../event.ts";
import type { Lesson, Part, Predict } from "../lesson.ts";
import { blockedBy } from "../requirements.ts";
import { LessonContainer } from "./container.ts";
import type { LessonContext, RunnerOptions } from "./context.ts";
import { Dialog, Turn } from "./dialog.ts";
import { Memory } from "./memory.ts";
import { Predictions } from "./predictions.ts";
import { walk } from "./walk.ts";
import { Workbench } from "./workbench.ts";

export interface Outcome {
  /** `solved`: taken to its end, and every task done by the learner. `seen`: to its end. `failed`: with `auto`, something is untrue. */
  readonly how: "solved" | "seen" | "failed" | "blocked" | "quit";
  /** Why it is blocked. */
  readonly why?: string;
  /** `lessons/01-uts.md:31: …`, one for each thing that is not as the lesson says. */
  readonly failures: readonly string[];
  /** Questions that were answered wrongly, and not right afterwards. */
  readonly missed: readonly Predict[];
}

/** Whoever has removed the container is most often the lesson's, too, and ends with it: until it has said what it did. */
const MOMENT = 500;
/** A lesson whose own script removes its container would go on for ever. */
const OFTEN = 3;

/** With `auto`: the first untrue thing. */
class Untrue extends Error {
  override readonly name = "Untrue";
}

/** Throws the signal's reason where it was aborted, when everything is cleaned up. */
export async function runLesson(lesson: Lesson, frontend: Frontend, options: RunnerOptions): Promise<Outcome> {
  const why = await blockedBy(lesson.requires);
  if (why !== undefined) {
    frontend.tell({ kind: "blocked", lesson, why });
    return { how: "blocked", why, failures: [], missed: [] };
  }
  return new Runner(lesson, frontend, options).run();
}

class Runner {
  readonly #lesson: Lesson;
  readonly #options: RunnerOptions;
  readonly #memory: Memory;
  readonly #dialog: Dialog;
  #gone: () => AbortSignal | undefined = () => undefined;
  #at: Part | undefined;
  #losses = 0;

  constructor(lesson: Lesson, frontend: Frontend, options: RunnerOptions) {
    this.#lesson = lesson;
    this.#options = options;
    this.#memory = new Memory(options.size);
    this.#dialog = new Dialog(frontend, options.signal, this.#memory.askedAt, () => this.#gone());
  }

  async run(): Promise<Outcome> {
    const { means, signal } = this.#options;
    const workbench = await Workbench.open(means.paths, means.command);
    const container = this.#container(workbench);
    this.#gone = () => container.gone;
    try {
      return await this.#takeAll(workbench, container);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      await container.close().finally(() => workbench.close());
    }
  }

  /** Walk after walk, as the learner turns. */
  async #takeAll(workbench: Workbench, container: LessonContainer): Promise<Outcome> {
    const began = performance.now();
    const { folder, envFile } = workbench;
    this.#dialog.tell({ kind: "begin", lesson: this.#lesson, folder, envFile });
    let turn = await this.#walk(workbench, container, undefined, this.#options.recall ?? []);
    while (turn !== undefined) {
      if (turn.control === "quit") return this.#outcome("quit");
      const start = this.#startOf(turn.control);
      const part = start ?? this.#lesson.parts[0];
      if (part !== undefined) this.#tell({ kind: "moved", how: turn.control, part });
      await container.rewind();
      if (turn.control === "lost") await Bun.sleep(MOMENT);
      await workbench.reset(container.id);
      turn = await this.#walk(workbench, container, start, []);
    }
    const failures = [...this.#memory.failures.values()];
    this.#tell({ kind: "end", ok: failures.length === 0, failures, seconds: (performance.now() - began) / 1000 });
    return this.#outcome(this.#ended());
  }

  /** Undefined at the lesson's end. */
  async #walk(
    workbench: Workbench,
    container: LessonContainer,
    start: Part | undefined,
    recall: readonly Predict[],
  ): Promise<Turn | undefined> {
    const ctx = this.#context(workbench, container);
    try {
      if (recall.length > 0)
        this.#tell({ kind: "notice", text: "first, what was answered wrongly in another lesson." });
      for (const part of recall) await ctx.predictions.again(part);
      await walk(ctx, start, (part) => {
        this.#at = part;
      });
      for (const part of [...this.#memory.missed]) await ctx.predictions.again(part);
      return undefined;
    } catch (error) {
      if (error instanceof Turn && error.control !== "lost") return error;
      if (error instanceof Untrue) return undefined;
      if (container.removed !== undefined && !this.#dialog.signal.aborted) return this.#lost(container.removed);
      throw error;
    } finally {
      this.#dialog.silent = false;
    }
  }

  #lost(why: Error): Turn {
    if (++this.#losses > OFTEN) throw why;
    return new Turn("lost");
  }

  #container(workbench: Workbench): LessonContainer {
    const { means } = this.#options;
    const { container } = this.#lesson;
    const make = async (without: readonly string[]) => {
      if (container === undefined) throw new Error(`${this.#lesson.path}: the head has no container`);
      const options = means.readOptions(container);
      const { Held } = await import("../../engine/held.ts");
      const notice = (text: string): void => this.#dialog.tell({ kind: "notice", text });
      return Held.make({ ...options, without: [...options.without, ...without] }, { notice }, workbench.paths);
    };
    return new LessonContainer(make, (pid) => {
      workbench.containerPid = pid;
    });
  }

  #context(workbench: Workbench, container: LessonContainer): LessonContext {
    const memory = this.#memory;
    const dialog = this.#dialog;
    const untrue = (line: number, why: string): void => this.#untrue(line, why);
    const predictions = new Predictions(dialog, memory);
    return {
      lesson: this.#lesson,
      options: this.#options,
      dialog,
      workbench,
      container,
      names: new Map(),
      predictions,
      memory,
      untrue,
    };
  }

  #untrue(line: number, why: string): void {
    if (this.#dialog.silent) return;
    const message = `${this.#lesson.path}:${line}: ${why}`;
    this.#memory.failures.set(line, message);
    this.#tell({ kind: "untrue", line, message });
    if (this.#options.auto) throw new Untrue(message);
  }

  #tell(event: Event): void {
    this.#dialog.tell(event);
  }

  #startOf(control: "back" | "restart" | "resume" | "lost"): Part | undefined {
    if (control === "restart") return this.#restart();
    if (control === "lost") return this.#at;
    return control === "back" ? this.#askedBefore() : this.#partAfter();
  }

  #partAfter(): Part | undefined {
    const { parts } = this.#lesson;
    return this.#at === undefined ? undefined : parts[parts.indexOf(this.#at) + 1];
  }

  #restart(): undefined {
    for (const it of [this.#memory.decisions, this.#memory.askedAt, this.#memory.failures]) it.clear();
    return undefined;
  }

  /** The part at which the learner was asked before the present one, with the text that leads to it. */
  #askedBefore(): Part | undefined {
    const { parts } = this.#lesson;
    const now = this.#at === undefined ? 0 : parts.indexOf(this.#at);
    const last = parts.slice(0, now).findLastIndex((it) => this.#memory.askedAt.has(it));
    const before = parts.slice(0, Math.max(last, 0)).findLastIndex((it) => it.kind !== "prose" && it.kind !== "src");
    return last === -1 ? undefined : parts[before + 1];
  }

  #ended(): Outcome["how"] {
    const { decisions, failures } = this.#memory;
    if (this.#options.auto && failures.size > 0) return "failed";
    const tasks = this.#lesson.parts.filter((it) => it.kind === "verify" && it.became);
    return tasks.every((it) => decisions.get(it) === "done") ? "solved" : "seen";
  }

  #outcome(how: Outcome["how"]): Outcome {
    const { failures, missed } = this.#memory;
    return { how, failures: [...failures.values()], missed: [...missed] };
  }
}
