// A limit of 64 processes, and 100 children who do nothing but wait. They end when their channels do.

import { errnoName } from "../../abi/errno.ts";
import { STATUS_SIZE } from "../../abi/wait.ts";
import { StageError } from "../../stage/error.ts";
import { fork } from "../../stage/launch.ts";
import { failed, succeeded } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe, type Observation } from "../probe.ts";
import { withoutController } from "../unavailable.ts";

const CHILDREN = 100;

export const forks = defineProbe({
  name: "forks",
  question: "Can it fill the machine with processes?",
  call: `clone() × ${CHILDREN}, with a limit of 64`,
  blocked: ["EAGAIN"],
  ways: [[check("cgroups.pids")]],
  lesson: "pids",
  limits: { pids: { limit: 64 } },
  unavailable: withoutController("pids"),
  async attempt({ stage }): Promise<Observation> {
    const children: { readonly pid: number; close(): void }[] = [];
    try {
      while (children.length < CHILDREN) children.push(await fork(stage, "child"));
      return succeeded(`${CHILDREN} processes at once`);
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      return failed(errnoName(error.errno), `${errnoName(error.errno)} after ${children.length} processes`);
    } finally {
      for (const it of children) it.close();
      for (const it of children) await stage.wait4(it.pid, STATUS_SIZE, 0, 0);
      stage.flush();
    }
  },
});
