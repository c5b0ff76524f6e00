// One making of a held container, from its first call to its last. To go back, it is given up and there is another one.

import { PR_SET_CHILD_SUBREAPER } from "../../abi/prctl.ts";
import type { Parent } from "../../core/parent.ts";
import type { Construction } from "../../core/pipeline.ts";
import { meetResident } from "../../core/resident.ts";
import type { Spec } from "../../core/spec.ts";
import { type Answer, type Pause, type Position, Stepper, type StepSize, type Target } from "../../core/stepper.ts";
import type { Call } from "../../stage/call.ts";
import { launch } from "../../stage/launch.ts";
import { Session, type Stage } from "../../stage/stage.ts";
import { identify, type ProcessIdentity } from "../../state/process.ts";
import { endDescendants } from "../descendants.ts";
import { construct, filesOf, type Making, recordStart } from "../making.ts";
import { observe } from "../observe.ts";
import { phasesFor } from "../phases.ts";

/** How far to go. */
export type Goal = StepSize | Target | Position;

export type Blueprint = Omit<Making, "session" | "launched" | "stepper"> & { readonly spec: Spec; readonly id: string };

export class Build {
  readonly making: Making;
  readonly #blueprint: Blueprint;
  readonly #stepper: Stepper;
  readonly #host: ProcessIdentity | undefined;
  #built: Construction | undefined;
  #whole: Promise<void> | undefined;
  #arrive: (pause: Pause) => void = () => {};
  #answer: ((answer: Answer) => void) | undefined;
  #resident: Parent | undefined;
  pause: Pause | undefined;

  private constructor(blueprint: Blueprint, making: Making, stepper: Stepper) {
    this.#blueprint = blueprint;
    this.making = making;
    this.#stepper = stepper;
    this.#host = identify(making.launched.pid);
  }

  /** A host stage, and nothing else yet. */
  static async launch(blueprint: Blueprint): Promise<Build> {
    const session = new Session();
    observe(session, blueprint.console.trace);
    const stepper = new Stepper(session, "finished", (pause) => build.#stand(pause));
    session.observers.push(stepper);
    stepper.describe(blueprint.layers, blueprint.spec);
    const launched = await launch(session);
    const build = new Build(blueprint, { ...blueprint, session, launched, stepper }, stepper);
    return build;
  }

  /** The init stage, as the host sees it. */
  get pid(): number | undefined {
    return this.#stepper.pid;
  }

  /** The calls since it stood still. */
  get made(): readonly Call[] {
    return this.#stepper.made;
  }

  get position(): Position | undefined {
    return this.#stepper.position;
  }

  /** The finished container's resident. */
  get resident(): Parent | undefined {
    return this.#resident;
  }

  passed(target: Target): boolean {
    return target !== "finished" && this.#stepper.passed(target);
  }

  /** The host stage for purposes of its own: its calls are no part of the making. */
  host(purpose: string): Stage {
    const session = new Session();
    session.origin = { layer: purpose, step: "begin" };
    return this.making.launched.stage.as("host", session);
  }

  /** Goes on. Undefined when it has come to the end: the container runs. */
  async advance(goal: Goal): Promise<Pause | undefined> {
    const { promise, resolve } = Promise.withResolvers<Pause>();
    this.#arrive = resolve;
    this.pause = undefined;
    if (this.#whole === undefined) {
      this.#stepper.aim(goal);
      this.#whole = this.#make();
    } else {
      const answer = this.#answer;
      this.#answer = undefined;
      answer?.(typeof goal === "string" && goal !== "finished" ? { next: goal } : { to: goal });
    }
    return await Promise.race([promise, this.#whole.then(() => undefined)]);
  }

  #stand(pause: Pause): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#answer = resolve;
    this.pause = pause;
    this.#arrive(pause);
    return promise;
  }

  async #make(): Promise<void> {
    const { id, spec, layers, options, paths } = this.#blueprint;
    // whatever is started in it stays below the host stage, so that it can be found and ended
    const host = this.host("held");
    await host.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    host.flush();
    const built = construct(this.making, spec, id);
    this.#built = built;
    await built.build(phasesFor(layers, { ...options, files: filesOf(paths, id), resident: true }));
    this.#stepper.finish();
    this.#resident = await meetResident(built.stage);
    recordStart(this.making, built, id);
  }

  /** Ends all its processes but the host stage, at whatever point it is. What they have left outside is still to be taken back. */
  async abandon(): Promise<void> {
    this.pause = undefined;
    this.#stepper.abandon();
    this.#answer?.("quit");
    this.#answer = undefined;
    await this.#whole?.catch(() => {});
    this.#stepper.finish();
    // before anything is waited for: something may have stopped one of them
    if (this.#host !== undefined) await endDescendants(this.#host);
    this.#built?.release();
    this.making.launched.stage.discard();
  }

  /** The host stage as well. */
  async end(): Promise<void> {
    this.making.launched.close();
    await this.making.launched.ended;
  }
}
