// How the cgroups layer goes about it: what it plans, what it does when a call fails, and when others do the same.

import { expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { errnoNumber } from "../../src/abi/errno.ts";
import { findCgroups } from "../../src/core/cgroup-facts.ts";
import { type Construction, unwind } from "../../src/core/pipeline.ts";
import type { Resources } from "../../src/core/spec.ts";
import { cgroups } from "../../src/layers/cgroups/index.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { launch, launchPlan } from "../../src/stage/launch.ts";
import { Session, type Stage } from "../../src/stage/stage.ts";
import { construct, inCgroup } from "../harness/grouped.ts";
import { guardHost } from "../harness/guard.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

guardHost();
const EIO = errnoNumber("EIO");
const MiB = 1024 * 1024;
const facts = findCgroups();

/** Folders of containers whose name begins so, in every tree. Others may come and go on the machine meanwhile. */
function ours(prefix: string): string[] {
  const folders = Object.values(facts.parents).map((parent) => `${parent}/minidocker`);
  return folders
    .filter((it) => existsSync(it))
    .flatMap((it) =>
      readdirSync(it)
        .filter((name) => name.startsWith(prefix))
        .map((name) => `${it}/${name}`),
    );
}

rootTest("containers that come and go at the same time do not take the folder above from each other", async () => {
  const worker = async (): Promise<void> => {
    const session = new Session();
    const launched = await launch(session);
    const own = { session, host: async () => launched.stage };
    for (let round = 0; round < 10; round++)
      await inCgroup(own, {}, (it) => expect(it.cgroup.pids()).toEqual([it.pid]));
    launched.close();
    await launched.ended;
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  expect(ours(`test-${process.pid}-`)).toEqual([]);
});

/** Step and name of each call that the layer makes, and of those that take it all back. */
async function callsOf(session: Session, host: Stage, resources: Resources): Promise<string[]> {
  const context = construct({ session, host }, { resources, path: `test-${process.pid}-plan` });
  const found: string[] = [];
  session.observers.push({ before: ({ name, origin }) => void found.push(`${origin.layer}: ${origin.step}: ${name}`) });
  await context.build([namespaces, cgroups]);
  host.flush();
  context.stage.flush();
  const { pid } = context;
  context.release();
  const ended = (): boolean => host.plans || [undefined, "Z"].includes(processEntry(pid)?.state);
  await waitUntil(ended, 5000, () => "the stage does not end with its channel");
  await unwind(context.intents, [cgroups], host, context.facts);
  return found;
}

const full = { memory: { limit: 64 * MiB }, cpu: { quota: 50_000 }, pids: { limit: 64 }, devices: [{ allow: false }] };

async function planned(): Promise<string[]> {
  const session = new Session();
  return callsOf(session, await launchPlan(session), full);
}

rootTest("a plan names the calls that are then made, in that order", async () => {
  const session = new Session();
  const launched = await launch(session);
  const made = await callsOf(session, launched.stage, full);
  launched.close();
  await launched.ended;
  expect(made.length).toBeGreaterThan(30);
  expect(await planned()).toEqual(made);
});

/** Makes a cgroup, but the n-th call of the layer fails with EIO. Resolves with what there is to take back. */
async function failing(nth: number): Promise<Construction> {
  const session = new Session();
  const launched = await launch(session);
  const context = construct({ session, host: launched.stage }, { resources: full, path: `test-${process.pid}-fault` });
  let seen = 0;
  session.observers.push({ fault: ({ origin }) => (origin.layer === "cgroups" && ++seen === nth ? EIO : undefined) });
  const failed = await context.build([namespaces, cgroups]).then(
    () => context.host.flush(),
    (error: Error) => error.message,
  );
  if (failed !== undefined) expect(failed).toContain("EIO");
  context.release();
  launched.close();
  await launched.ended;
  return context;
}

rootTest(
  "whichever of its calls fails, another stage takes back what was made",
  async () => {
    const count = (await planned()).filter((it) => /^cgroups: (?!take back)/.test(it)).length;
    const rescuer = await launch(new Session());
    for (let nth = 1; nth <= count; nth++) {
      const context = await failing(nth);
      await unwind(context.intents, [cgroups], rescuer.stage, context.facts);
      expect({ nth, left: ours(`test-${process.pid}-fault`) }).toEqual({ nth, left: [] });
    }
    rescuer.close();
    await rescuer.ended;
  },
  60_000,
);
