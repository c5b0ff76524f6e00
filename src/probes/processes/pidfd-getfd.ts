// pidfd_getfd(2) takes a descriptor out of another process. Tried on the attacker's own, where only a filter can object.

import { ask, observationOf } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const pidfdGetfd = defineProbe({
  name: "pidfd-getfd",
  question: "Can it take descriptors out of other processes?",
  call: "pidfd_getfd(pidfd_open(getpid(), 0), 0, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  async attempt({ stage }) {
    const self = await stage.pidfd_open(stage.value(await stage.getpid()), 0);
    return observationOf(await ask(stage, (it) => it.pidfd_getfd(self, 1, 0)), ["EBADF"]);
  },
});
