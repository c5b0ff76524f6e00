// A length of the clock tick that is out of the question: EINVAL, after the permission. The profile lets adjtimex(2) through,
// because it also only reads.

import { ADJ_TICK } from "../../abi/timex.ts";
import { oneCall } from "../attempt.ts";
import { lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const adjtimex = defineProbe({
  name: "adjtimex",
  question: "Can it make the clock run slower?",
  call: "adjtimex({modes=ADJ_TICK, tick=0})",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_TIME")]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.adjtimex({ modes: ADJ_TICK, tick: 0 }), ["EINVAL"]),
});
