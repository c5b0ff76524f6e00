// Stages for a test: real processes that are driven call by call, and gone after the test.

import { afterEach } from "bun:test";
import { clone, type Launched, launch } from "../../src/stage/launch.ts";
import { Session, type Stage } from "../../src/stage/stage.ts";
import { guardHost } from "./guard.ts";
import { killTree } from "./processes.ts";

export interface TestStages {
  /** The test's session; observers that are added to it see every call. */
  readonly session: Session;
  /** A stage in the namespaces of the test process, started when it is first asked for. */
  host(): Promise<Stage>;
  /** A child of the host stage, in new namespaces (CLONE_NEW*, 0 for none). */
  clone(flags: number): Promise<{ stage: Stage; pid: number }>;
}

/** Call once at the top of a test file; it includes `guardHost()`. */
export function stages(): TestStages {
  let session = new Session();
  let launched: Launched | undefined;
  let clones: { close(): void }[] = [];
  const host = async (): Promise<Launched> => {
    launched ??= await launch(session);
    return launched;
  };
  afterEach(async () => {
    for (const it of clones) it.close();
    launched?.close();
    if (launched !== undefined) await ended(launched);
    launched = undefined;
    clones = [];
    session = new Session();
  });
  guardHost();
  return {
    get session() {
      return session;
    },
    host: async () => (await host()).stage,
    async clone(flags) {
      const made = await clone((await host()).stage, "init", flags);
      clones.push(made);
      return made;
    },
  };
}

// A stage that supervises does not listen to its channel; then it is still there, because a test has failed.
async function ended(stage: Launched): Promise<void> {
  const timer = setTimeout(() => killTree(stage.pid), 1000);
  await stage.ended;
  clearTimeout(timer);
}
