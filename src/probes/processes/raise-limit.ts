// A hard limit may be lowered by everybody. Whoever can raise it again is bound by none. Of the attacker itself.

import { RLIMIT } from "../../abi/resource.ts";
import { ask, observationOf } from "../attempt.ts";
import { lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const NOFILE = RLIMIT.RLIMIT_NOFILE;

export const raiseLimit = defineProbe({
  name: "raise-limit",
  question: "Can it raise its own hard limits?",
  call: "prlimit(0, RLIMIT_NOFILE, {100 → 101}, NULL)",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_RESOURCE")]],
  lesson: "capabilities",
  async attempt({ stage }) {
    await stage.prlimit64(0, NOFILE, { cur: 100, max: 100 }, 0);
    return observationOf(await ask(stage, (it) => it.prlimit64(0, NOFILE, { cur: 101, max: 101 }, 0)));
  },
});
