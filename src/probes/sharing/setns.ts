// setns(2) into a namespace in which the attacker is already: allowed or not, nothing changes.

import { CLONE_NEWUTS } from "../../abi/sched.ts";
import { ask, observationOf } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const setns = defineProbe({
  name: "setns",
  question: "Can it join other namespaces?",
  call: "setns(pidfd_open(getpid(), 0), CLONE_NEWUTS)",
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  async attempt({ stage }) {
    const self = await stage.pidfd_open(stage.value(await stage.getpid()), 0);
    return observationOf(await ask(stage, (it) => it.setns(self, CLONE_NEWUTS)));
  },
});
