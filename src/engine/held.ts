// A held container: it stands still between two calls of its making for as long as somebody wants, can be looked at, entered,
// attacked, taken further, and taken back. Finished, it runs a resident in the place of a program (src/core/resident.ts).
//
//   make ─▶ new ──advance──▶ paused ──advance──▶ running ──close──▶ closed
//                              ▲ └──────back──────┘ │
//                              └────────back────────┘

import { findFacts } from "../core/find-facts.ts";
import type { Check, Layer } from "../core/layer.ts";
import type { Parent } from "../core/parent.ts";
import { Refusal } from "../core/refusal.ts";
import { capture, type Snapshot } from "../core/snapshot.ts";
import { enabled, type Spec } from "../core/spec.ts";
import type { Pause, StepSize, Target } from "../core/stepper.ts";
import { View } from "../core/view.ts";
import { layers as theSeven } from "../layers/index.ts";
import type { Call } from "../stage/call.ts";
import { StageGone } from "../stage/error.ts";
import type { Stage } from "../stage/stage.ts";
import { openPaths } from "../state/paths.ts";
import { shellInside } from "./enter.ts";
import { attack, type Killed } from "./held/attack.ts";
import type { Blueprint, Build, Goal } from "./held/build.ts";
import { Makings } from "./held/makings.ts";
import type { ScriptOutcome } from "./held/script.ts";
import { shellInContainer } from "./held/shell.ts";
import { Lookout } from "./held/unwanted.ts";
import { hostnameInside, scriptInContainer, scriptInside } from "./held/where.ts";
import { judge } from "./judge.ts";
import { type Console, describe, explained, findImage, reserve } from "./making.ts";
import type { RunOptions } from "./options/index.ts";
import { withPlugins } from "./plugins.ts";
import { forget, withHost } from "./recover.ts";

export type { Killed } from "./held/attack.ts";
export type { ScriptOutcome } from "./held/script.ts";

export type Where = "inside" | "container";

/** Milliseconds. */
const TIMEOUT = 20_000;

export class Held {
  readonly id: string;
  readonly name: string;
  readonly #blueprint: Blueprint;
  readonly #makings: Makings;
  #moving: Promise<unknown> | undefined;
  #closed: Promise<void> | undefined;
  readonly #lookout: Lookout;

  private constructor(blueprint: Blueprint, name: string) {
    this.#blueprint = blueprint;
    this.id = blueprint.id;
    this.name = name;
    this.#makings = new Makings(blueprint);
    this.#lookout = new Lookout(blueprint.paths, this, () => this.close());
  }

  /** Reserved and described; nothing is made yet. What runs in it is the resident, so a command is not needed. */
  static async make(wished: RunOptions, console: Console, paths = openPaths()): Promise<Held> {
    const command = wished.command.length === 0 ? ["sh"] : wished.command;
    const options = { ...wished, command, terminal: false, interactive: false, remove: true };
    const layers = await withPlugins(theSeven, options.plugins);
    const care = { options, console, paths, layers, facts: findFacts(paths), notice: console.notice };
    const reserved = await reserve(care, await findImage(care));
    const { id, name } = reserved.record;
    try {
      return new Held({ ...care, id, spec: describe(care, reserved) }, name);
    } catch (error) {
      await withHost((host) => forget(care, host, id));
      throw error;
    }
  }

  get spec(): Spec {
    return this.#blueprint.spec;
  }

  get layers(): readonly Layer[] {
    return this.#blueprint.layers;
  }

  /** Of the init stage, which becomes the container's first process, as the host sees it; undefined before it exists. */
  get pid(): number | undefined {
    return this.#makings.current?.pid;
  }

  /** The calls since it stood still: of a finished one, those that have finished it. */
  get made(): readonly Call[] {
    return this.#makings.current?.made ?? [];
  }

  /** Where it stands still. */
  get pause(): Pause | undefined {
    return this.#makings.current?.pause;
  }

  get state(): "new" | "paused" | "running" | "closed" {
    if (this.#closed !== undefined) return "closed";
    if (this.#makings.current === undefined) return "new";
    return this.#makings.current.pause === undefined ? "running" : "paused";
  }

  /**
   * Goes on to right before that place, or to the next pause of that size. Undefined when it has come to the end: the container
   * runs. A place that has gone by already leaves it where it is. Where the making fails, it is closed.
   */
  async advance(to: Target | { readonly size: StepSize }): Promise<Pause | undefined> {
    return await this.#exclusively(async () => {
      const here = this.#makings.current;
      if (here?.resident !== undefined) {
        if (to === "finished") return undefined;
        throw new Refusal(`container ${this.name} is finished: there is no further call in its making`);
      }
      const goal = typeof to === "object" && "size" in to ? to.size : to;
      if (here?.pause !== undefined && typeof goal === "object" && here.passed(goal)) return here.pause;
      const pause = await this.#go(goal);
      if (pause === undefined && typeof goal === "object") throw new Refusal(missing(goal));
      return pause;
    });
  }

  /** Makes it anew, with the same id and name, up to the pause before this one. What has been changed by hand is lost. */
  async back(): Promise<Pause> {
    return await this.#exclusively(async () => {
      const wanted = this.#makings.before;
      if (wanted.length === 0) throw new Refusal("this is the first pause: there is none before it");
      await this.#makings.takeBack();
      // by way of all the earlier ones, so that what it tells about changes is what it told before
      let pause: Pause | undefined;
      for (const it of wanted) pause = await this.#go(it);
      return pause as Pause;
    });
  }

  /** Back to before its first call: nothing is made, and the id and the name stay. */
  async rewind(): Promise<void> {
    await this.#exclusively(() => this.#makings.takeBack());
  }

  async runScript(where: Where, script: string, { timeout = TIMEOUT } = {}): Promise<ScriptOutcome> {
    if (where === "inside") return await scriptInside(this.#open(), script, timeout);
    return await this.#within((resident) => scriptInContainer(resident, script, this.spec.process.env, timeout));
  }

  /**
   * A shell on this terminal, until it ends: in a finished container under all its layers, before that in the namespaces which it
   * has so far, with none of the other layers' limits.
   */
  async shell(): Promise<void> {
    const build = this.#open();
    if (build.resident !== undefined) {
      const { env } = this.spec.process;
      // asked of what was wished for: inside, somebody may lie in order to get a shell that is bound by nothing
      if (enabled(this.spec, "overlay.tree") && enabled(this.spec, "namespaces.mount"))
        return await this.#within((resident) => shellInContainer(build, resident, env));
      this.#blueprint.console.notice(
        "without the layer overlay and a mount namespace there is no /dev/pts, so this shell joins the namespaces only, and none of the other layers binds it",
      );
    }
    if (build.pid === undefined) throw new Refusal("there is no process yet: the namespaces layer makes it");
    await shellInside(build.pid);
  }

  /**
   * Lets `action` drive a process of its own in the finished container, as bound by the layers as a program is. A call that does
   * not come back in ten seconds ends with it.
   */
  async attack<T>(action: (stage: Stage) => Promise<T>): Promise<T | Killed> {
    return await this.#within((resident) => attack(resident, action));
  }

  /** That another command has removed it. From then on everything but `close` throws this. */
  get removed(): Refusal | undefined {
    // what has just failed may have failed for that reason, before it was looked at in turn
    this.#lookout.look();
    return this.#lookout.removed;
  }

  /** Aborted when it has been removed, and all of it is taken back. */
  get gone(): AbortSignal {
    return this.#lookout.gone;
  }

  /** What it calls itself. */
  async hostname(): Promise<string> {
    return await hostnameInside(this.#open());
  }

  /** What the kernel shows of its first process now. */
  snapshot(): Snapshot {
    return this.pid === undefined ? new Map() : capture(new View(this.pid));
  }

  /** What each layer judges about it now. */
  checks(): { readonly layer: string; readonly checks: readonly Check[] }[] {
    const { pid } = this;
    if (pid === undefined) return [];
    const view = new View(pid);
    return this.layers.map((layer) => ({ layer: layer.name, checks: judge(layer, view) }));
  }

  /** Ends it, at whatever point it is, also while it is on its way. Nothing is left. */
  close(): Promise<void> {
    this.#closed ??= this.#end(this.#moving);
    return this.#closed;
  }

  #throwIfClosed(): void {
    if (this.#closed !== undefined) throw this.removed ?? new Refusal(`container ${this.name} has been closed`);
  }

  #open(): Build {
    this.#throwIfClosed();
    if (this.#makings.current === undefined) throw new Refusal(`container ${this.name} is not begun yet`);
    return this.#makings.current;
  }

  async #within<T>(action: (resident: Parent) => Promise<T>): Promise<T> {
    const { resident, pid } = this.#open();
    if (resident === undefined) throw new Refusal(`container ${this.name} is not finished yet`);
    try {
      return await action(resident);
    } catch (error) {
      if (!(error instanceof StageGone)) throw error;
      this.#lookout.look();
      this.#open();
      if (error.late) throw new Refusal(`container ${this.name}: ${error.message}`);
      throw new Refusal(`container ${this.name} has ended: its first process, ${pid}, is gone`);
    }
  }

  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    this.#throwIfClosed();
    if (this.#moving !== undefined)
      throw new Refusal(`container ${this.name} is being made: wait for it to stand still`);
    const moving = action();
    this.#moving = moving.catch(() => {});
    try {
      return await moving;
    } finally {
      this.#moving = undefined;
    }
  }

  async #go(goal: Goal): Promise<Pause | undefined> {
    try {
      return await this.#makings.go(goal, () => this.#throwIfClosed());
    } catch (error) {
      this.#lookout.look();
      // whoever has closed it waits for this very call; otherwise it closes because it failed
      const closing = this.#closed === undefined;
      this.#closed ??= this.#end();
      if (closing) await this.#closed;
      throw this.removed ?? explained(error);
    }
  }

  /** `moving`: what is under way. */
  async #end(moving?: Promise<unknown>): Promise<void> {
    this.#lookout.end();
    await this.#makings.end(moving);
  }
}

function missing({ layer, step, call }: Exclude<Target, "finished">): string {
  const place = [layer, step, call].filter((it) => it !== undefined).join(": ");
  return `the making of this container does not come by "${place}": minidocker run --dry-run shows where it does`;
}
