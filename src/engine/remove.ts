// `rm`: takes back all that is left of a container, and forgets it.

import { Cgroup } from "../core/cgroup.ts";
import type { Facts } from "../core/facts.ts";
import { probeFacts } from "../core/probe.ts";
import { Refusal } from "../core/refusal.ts";
import { layers } from "../layers/index.ts";
import { launch } from "../stage/launch.ts";
import { Session } from "../stage/stage.ts";
import { findContainer } from "../state/find.ts";
import { openPaths, type Paths } from "../state/paths.ts";
import { isAlive, type ProcessIdentity } from "../state/process.ts";
import type { ContainerRecord, Listed } from "../state/shape.ts";
import { forget, recover } from "./recover.ts";

const SECONDS = 10;

/** Resolves with the container's name. Throws a Refusal for one that runs, unless `force`: then it is killed first. */
export async function removeContainer(reference: string, force: boolean): Promise<string> {
  const paths = openPaths();
  const facts = probeFacts(paths);
  await recover(paths, layers, facts);
  const found = findContainer(paths, reference);
  if (isBusy(found)) {
    if (!force) throw new Refusal(`container ${found.name} is ${found.status}: stop it first, or use rm --force`, 1);
    await end(found, facts);
  }
  await takeAway(paths, found, facts);
  return found.name;
}

function attendants({ creator, supervisor, process: program }: ContainerRecord): ProcessIdentity[] {
  return [program, supervisor, creator].filter((it) => it !== undefined);
}

function isBusy(found: Listed): found is ContainerRecord {
  return found.status !== "damaged" && found.status !== "exited" && attendants(found).some(isAlive);
}

/** Kills the program and waits until whoever looks after it has put things in order. */
async function end(record: ContainerRecord, facts: Facts): Promise<void> {
  const { process: program } = record;
  if (program !== undefined && isAlive(program)) process.kill(program.pid, "SIGKILL");
  else Cgroup.of(facts.cgroup, record.id).kill();
  const deadline = Date.now() + SECONDS * 1000;
  while (attendants(record).some(isAlive)) {
    if (Date.now() > deadline)
      throw new Refusal(`container ${record.name} did not end within ${SECONDS} s of SIGKILL`, 1);
    await Bun.sleep(5);
  }
}

async function takeAway(paths: Paths, { id }: Listed, facts: Facts): Promise<void> {
  const launched = await launch(new Session());
  try {
    await forget(paths, id, layers, launched.stage, facts);
  } finally {
    launched.close();
  }
}
