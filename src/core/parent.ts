// A stage that makes children of its own and learns how they end, without ever waiting for one: whoever drives it has
// other things to do meanwhile.

import { ECHILD, EPERM, ESRCH } from "../abi/errno.ts";
import { SIGKILL } from "../abi/signal.ts";
import { readStatus, STATUS_SIZE, WNOHANG } from "../abi/wait.ts";
import { type Cloned, fork } from "../stage/launch.ts";
import type { Session, Stage } from "../stage/stage.ts";

/** So many are reaped at a look: there may be a program that makes orphans as fast as they can be reaped. */
const AT_ONCE = 64;

export class Parent {
  readonly #stage: Stage;
  /** Those whose end somebody wants to know, by their pid as the stage sees it → the status as wait4(2) gives it. */
  readonly #children = new Map<number, number | undefined>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** A child where the stage is, as bound as the stage is. `session`: who watches its calls, and what they are for. */
  async fork(session: Session): Promise<Child> {
    const { role } = this.#stage;
    const cloned = await fork(this.#stage.as(role, session), role);
    this.#children.set(cloned.pid, undefined);
    return new Child(cloned, this);
  }

  /**
   * The status of `pid`, once, if it has ended. Reaps whoever else has: the first process of a
   * container gets its orphans, too.
   */
  async collect(pid: number): Promise<number | undefined> {
    for (let looks = 0; looks < AT_ONCE; looks++) {
      const waited = await this.#stage.wait4(-1, STATUS_SIZE, WNOHANG, 0, { tolerate: [ECHILD] });
      const ended = this.#stage.value(waited);
      if (ended <= 0) break;
      if (this.#children.has(ended)) this.#children.set(ended, readStatus(waited.bytes));
    }
    const status = this.#children.get(pid);
    if (status !== undefined) this.#children.delete(pid);
    return status;
  }

  /** SIGKILL; with `pid` < 0, to a process group. One who has become somebody else may be out of reach. */
  async kill(pid: number): Promise<void> {
    await this.#stage.kill(pid, SIGKILL, { tolerate: [EPERM, ESRCH] });
    this.#stage.flush();
  }
}

export class Child {
  readonly stage: Stage;
  /** As its parent sees it. */
  readonly pid: number;
  readonly #cloned: Cloned;
  readonly #parent: Parent;
  #status: number | undefined;

  constructor(cloned: Cloned, parent: Parent) {
    this.stage = cloned.stage;
    this.pid = cloned.pid;
    this.#cloned = cloned;
    this.#parent = parent;
  }

  /** Its status as wait4(2) gives it, if it has ended. */
  async poll(): Promise<number | undefined> {
    this.#status ??= await this.#parent.collect(this.pid);
    return this.#status;
  }

  /** Kills it, and its process group if it leads one. */
  async kill(): Promise<void> {
    await this.#parent.kill(-this.pid);
    await this.#parent.kill(this.pid);
  }

  /** Closes its channel: one that waits for orders ends. */
  release(): void {
    this.stage.discard();
    this.#cloned.close();
  }

  /** Releases it and resolves with its status; one that does not end by itself within `milliseconds` is killed. */
  async end(milliseconds = 100): Promise<number | undefined> {
    this.release();
    let killed = false;
    for (let waited = 0; ; waited++) {
      const status = await this.poll();
      if (status !== undefined) return status;
      if (waited > milliseconds && !killed) {
        killed = true;
        await this.kill();
      }
      if (waited > 2 * milliseconds) return undefined;
      await Bun.sleep(1);
    }
  }
}
