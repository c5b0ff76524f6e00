// The makings of one held container, one after the other. Few of the calls can be undone, so whoever wants to go back has it made
// anew, up to an earlier pause: docs/decisions/0081-back-is-made-anew.md.

import type { Pause, Position } from "../../core/stepper.ts";
import { launch } from "../../stage/launch.ts";
import { Session } from "../../stage/stage.ts";
import { putInOrder } from "../making.ts";
import { finish, takeBackAll } from "../recover.ts";
import { makeVolumes } from "../volumes.ts";
import { type Blueprint, Build, type Goal } from "./build.ts";

export class Makings {
  readonly #blueprint: Blueprint;
  #current: Build | undefined;
  /** Where this one has stood still, the last one last. */
  #pauses: Position[] = [];

  constructor(blueprint: Blueprint) {
    this.#blueprint = blueprint;
  }

  /** Undefined as long as nothing is made. */
  get current(): Build | undefined {
    return this.#current;
  }

  /** The pauses before the place at which it is. */
  get before(): readonly Position[] {
    return this.#current?.pause === undefined ? [...this.#pauses] : this.#pauses.slice(0, -1);
  }

  /** Goes on, or begins, unless `throwIfClosed` does. Undefined when it has come to the end: the container runs. */
  async go(goal: Goal, throwIfClosed: () => void): Promise<Pause | undefined> {
    this.#current ??= await Build.launch(this.#blueprint);
    // somebody may have closed it meanwhile
    throwIfClosed();
    const pause = await this.#current.advance(goal);
    if (pause !== undefined && this.#current.position !== undefined) this.#pauses.push(this.#current.position);
    return pause;
  }

  /** Nothing is left but the name, and there can be another one. */
  async takeBack(): Promise<void> {
    const build = this.#current;
    if (build === undefined) return;
    const { id, options, facts } = this.#blueprint;
    await build.abandon();
    await putInOrder(build.making, (host) => takeBackAll(this.#blueprint, host, id));
    this.#current = undefined;
    this.#pauses = [];
    await build.end();
    makeVolumes(options.volumes, facts, id);
  }

  /** Nothing is left. `moving`: what is under way, and fails as soon as it sees that its container has been abandoned. */
  async end(moving?: Promise<unknown>): Promise<void> {
    await this.#current?.abandon();
    await moving;
    // a call may have failed before anything was there, or while it was being made anew
    await this.#current?.abandon();
    const { launched } = this.#current?.making ?? { launched: await launch(new Session()) };
    await putInOrder({ ...this.#blueprint, launched }, (host) => finish(this.#blueprint, host, this.#blueprint.id));
    launched.close();
    await launched.ended;
  }
}
