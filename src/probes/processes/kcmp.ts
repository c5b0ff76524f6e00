// kcmp(2) tells whether two processes share a kernel object. Asked here about the attacker itself, where no other
// permission could be missing. A kernel that was built without it says ENOSYS, and the filter EPERM.

import { KCMP_FILE } from "../../abi/kcmp.ts";
import { ask, observationOf } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const kcmp = defineProbe({
  name: "kcmp",
  question: "Can it compare kernel objects?",
  call: "kcmp(getpid(), getpid(), KCMP_FILE, 0, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  async attempt({ stage }) {
    const self = stage.value(await stage.getpid());
    return observationOf(await ask(stage, (it) => it.kcmp(self, self, KCMP_FILE, 0, 0)), ["ENOSYS"]);
  },
});
