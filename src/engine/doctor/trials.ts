// Trying things out: in a process that is there for nothing else, in namespaces of its own, which the kernel takes away with all
// that was made in them.

import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../../abi/fcntl.ts";
import { CLONE_NEWUSER } from "../../abi/sched.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { STATUS_SIZE } from "../../abi/wait.ts";
import type { Facts } from "../../core/facts.ts";
import { StageError } from "../../stage/error.ts";
import { clone, type Launched, launch } from "../../stage/launch.ts";
import { Session, type Stage } from "../../stage/stage.ts";

/** A call that failed. */
export type Failure = Pick<StageError, "errno" | "message" | "callName">;

export class Trials {
  readonly #facts: Facts;
  readonly #launched: Launched;

  private constructor(facts: Facts, launched: Launched) {
    this.#facts = facts;
    this.#launched = launched;
  }

  /** Throws where the stage cannot be started. */
  static async open(facts: Facts): Promise<Trials> {
    const session = new Session();
    session.origin = { layer: "doctor", step: "try" };
    return new Trials(facts, await launch(session));
  }

  /** On the host itself: for what is taken back by `body`. */
  async outside(body: (stage: Stage) => Promise<void>): Promise<Failure | undefined> {
    return caught(async () => {
      await body(this.#launched.stage);
      this.#launched.stage.flush();
    }, this.#launched.stage);
  }

  /**
   * In a child with these namespaces (CLONE_NEW*). An ordinary user's, or one that is asked for, has a user namespace in which
   * the caller is root. Returns the call that failed, or undefined.
   */
  async inside(flags: number, body: (stage: Stage) => Promise<void> = async () => {}): Promise<Failure | undefined> {
    const host = this.#launched.stage;
    const all = this.#facts.rootless ? flags | CLONE_NEWUSER : flags;
    return caught(async () => {
      const child = await clone(host, "trial", all);
      try {
        if ((all & CLONE_NEWUSER) !== 0) await this.#becomeRoot(child.pid);
        await body(child.stage);
        child.stage.flush();
      } finally {
        child.stage.discard();
        child.close();
        if (child.stage.late) await host.kill(child.pid, SIGKILL);
        await host.wait4(child.pid, STATUS_SIZE, 0, 0);
      }
    }, host);
  }

  async #becomeRoot(pid: number): Promise<void> {
    const { uid, gid } = this.#facts;
    await this.#write(`/proc/${pid}/setgroups`, "deny");
    await this.#write(`/proc/${pid}/uid_map`, `0 ${uid} 1\n`);
    await this.#write(`/proc/${pid}/gid_map`, `0 ${gid} 1\n`);
    this.#launched.stage.flush();
  }

  async #write(path: string, text: string): Promise<void> {
    const host = this.#launched.stage;
    const fd = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    await host.write(fd, text, text.length);
    await host.close(fd);
  }

  async close(): Promise<void> {
    this.#launched.close();
    await this.#launched.ended;
  }
}

async function caught(action: () => Promise<void>, host: Stage): Promise<Failure | undefined> {
  try {
    await action();
    host.flush();
    return undefined;
  } catch (error) {
    host.discard();
    if (error instanceof StageError) return error;
    throw error;
  }
}
