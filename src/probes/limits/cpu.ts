// A quota of a quarter of a CPU, and children that do nothing but run. On a busy machine, too, there are enough of them to get more: each in
// a session of its own, as the kernel shares time between sessions (autogroups in sched(7)). What they got is told by getrusage(2).

import { RUSAGE_CHILDREN, rusage } from "../../abi/rusage.ts";
import { SIGKILL } from "../../abi/signal.ts";
import type { Stage } from "../../stage/stage.ts";
import { contained, succeeded } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe, type Observation } from "../probe.ts";
import { fromMemory, spins, startChild, waitFor } from "../programs.ts";
import { withoutController } from "../unavailable.ts";

const CHILDREN = 8;
const SECONDS = 0.25;
const TRIES = 3;
const MOST = 0.5;

export const cpu = defineProbe({
  name: "cpu",
  question: "Can it take a whole CPU?",
  call: "for (;;), with a quota of 0.25",
  blocked: ["contained"],
  ways: [[check("cgroups.cpu")]],
  lesson: "cpu",
  limits: { cpu: { quota: 25_000, period: 100_000 } },
  unavailable: withoutController("cpu"),
  async attempt({ stage }): Promise<Observation> {
    // others may have kept it from more: the best of a few tries counts
    let most = 0;
    for (let tries = 0; tries < TRIES && most < MOST; tries++) most = Math.max(most, await spinAndCount(stage));
    const saw = `it got ${most.toFixed(2)} of a CPU`;
    return most < MOST ? contained(saw) : succeeded(saw);
  },
});

async function spinAndCount(stage: Stage): Promise<number> {
  const before = await usedByChildren(stage);
  const start = performance.now();
  const children: number[] = [];
  while (children.length < CHILDREN) children.push(await startChild(stage, spinApart));
  await stage.nanosleep({ tv_sec: 0, tv_nsec: SECONDS * 1e9 }, 0);
  for (const it of children) await stage.kill(it, SIGKILL);
  for (const it of children) await waitFor(stage, it);
  stage.flush();
  return ((await usedByChildren(stage)) - before) / ((performance.now() - start) / 1000);
}

async function spinApart(child: Stage): Promise<void> {
  await child.setsid();
  await fromMemory(spins)(child);
}

/** In seconds. */
async function usedByChildren(stage: Stage): Promise<number> {
  const bytes = stage.bytes(await stage.getrusage(RUSAGE_CHILDREN, rusage.size));
  const { ru_utime, ru_stime } = rusage.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return [ru_utime, ru_stime].reduce((sum, [seconds, micros]) => sum + Number(seconds) + Number(micros) / 1e6, 0);
}
