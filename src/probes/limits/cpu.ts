// A quota of a quarter of a CPU, and a child that does nothing but run. What it got is told by getrusage(2).

import { RUSAGE_CHILDREN, rusage } from "../../abi/rusage.ts";
import { SIGKILL } from "../../abi/signal.ts";
import type { Stage } from "../../stage/stage.ts";
import { contained, succeeded } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe, type Observation } from "../probe.ts";
import { fromMemory, runChild, spins } from "../programs.ts";
import { withoutController } from "../unavailable.ts";

const SECONDS = 0.3;
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
    // a busy machine may have kept it from more: what it got the second time counts as well
    let most = 0;
    let before = 0;
    for (let tries = 0; tries < 2 && most < MOST; tries++) {
      await runChild(stage, fromMemory(spins), async (pid) => {
        await stage.nanosleep({ tv_sec: 0, tv_nsec: SECONDS * 1e9 }, 0);
        await stage.kill(pid, SIGKILL);
      });
      const total = await usedByChildren(stage);
      most = Math.max(most, (total - before) / SECONDS);
      before = total;
    }
    const share = most.toFixed(2);
    return most < MOST ? contained(`it got ${share} of a CPU`) : succeeded(`it got ${share} of a CPU`);
  },
});

/** In seconds. */
async function usedByChildren(stage: Stage): Promise<number> {
  const bytes = stage.bytes(await stage.getrusage(RUSAGE_CHILDREN, rusage.size));
  const { ru_utime, ru_stime } = rusage.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return [ru_utime, ru_stime].reduce((sum, [seconds, micros]) => sum + Number(seconds) + Number(micros) / 1e6, 0);
}
