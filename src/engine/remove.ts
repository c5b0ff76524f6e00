// `rm`: takes back all that is left of a container, and forgets it.

import { existsSync } from "node:fs";
import { Cgroup } from "../core/cgroup.ts";
import { findFacts } from "../core/find-facts.ts";
import { Refusal } from "../core/refusal.ts";
import { layers } from "../layers/index.ts";
import { launch } from "../stage/launch.ts";
import { Session } from "../stage/stage.ts";
import { findContainer } from "../state/find.ts";
import { containerDir, openPaths } from "../state/paths.ts";
import { isAlive, type ProcessIdentity, signalProcess } from "../state/process.ts";
import { noSuchContainer } from "../state/record.ts";
import type { ContainerRecord, Listed } from "../state/shape.ts";
import type { Care } from "./care.ts";
import { declareUnwanted } from "./held/unwanted.ts";
import { exclusively, forget, recover } from "./recover.ts";

const SECONDS = 10;
/** Milliseconds for whoever reads a killed program's output to take the rest of it. */
const READERS = 1000;
/** Milliseconds for the supervisor to do so when it has been told not to wait. */
const PATIENCE = 4000;

/** Resolves with the container's name. Throws a Refusal for one that runs, unless `force`: then it is killed first. */
export async function removeContainer(
  reference: string,
  force: boolean,
  notice: (text: string) => void,
): Promise<string> {
  const paths = openPaths();
  const care = { paths, layers, facts: findFacts(paths), notice };
  // what cannot be put in order may be somebody else's, and then it is no reason to stop
  await recover(care).catch(() => {});
  const found = findContainer(paths, reference);
  const running = isBusy(found);
  if (running) {
    if (!force) throw new Refusal(`container ${found.name} is ${found.status}: end it first, or use rm --force`, 1);
    await end(found, care);
  }
  const removed = await exclusively(paths, found.id, () => takeAway(care, found));
  // one that ran may have been removed by who ran it; any other by somebody who was faster
  if (removed === undefined && !running) throw noSuchContainer(reference);
  return found.name;
}

function attendants({ creator, supervisor, process: program }: ContainerRecord): ProcessIdentity[] {
  return [program, supervisor, creator].filter((it) => it !== undefined);
}

function isBusy(found: Listed): found is ContainerRecord {
  return found.status !== "damaged" && found.status !== "exited" && attendants(found).some(isAlive);
}

/** Kills the program and waits until whoever looks after it, or holds it, has put things in order. */
async function end(record: ContainerRecord, { paths, facts }: Care): Promise<void> {
  const { process: program, supervisor, creator, name } = record;
  declareUnwanted(paths, record.id);
  if (program === undefined || !signalProcess(program, "SIGKILL")) Cgroup.of(facts.cgroup, record.id).kill();
  const start = Date.now();
  while (attendants(record).some(isAlive) && existsSync(containerDir(paths, record.id))) {
    const waited = Date.now() - start;
    // the program is gone, but not what it has written last: to the supervisor, a signal means not to wait for readers any more
    if (waited > READERS && supervisor !== undefined) for (const it of urging(waited)) signalProcess(supervisor, it);
    if (waited > SECONDS * 1000) {
      const holder = isAlive(creator) ? `: process ${creator.pid}, the minidocker that made it, still holds it` : "";
      throw new Refusal(`container ${name} did not end within ${SECONDS} s of SIGKILL${holder}`, 1);
    }
    await Bun.sleep(5);
  }
}

/** A program that is in no pid namespace of its own may have stopped its supervisor. In the end, others do that one's work. */
function urging(waited: number): readonly NodeJS.Signals[] {
  return waited > PATIENCE ? ["SIGKILL"] : ["SIGTERM", "SIGCONT"];
}

async function takeAway(care: Care, { id }: Listed): Promise<true> {
  const launched = await launch(new Session());
  try {
    await forget(care, launched.stage, id);
    return true;
  } finally {
    launched.close();
  }
}
