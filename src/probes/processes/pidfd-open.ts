// pidfd_open(2) makes a handle of a process, for waiting and for signals. It goes with its descriptor.

import { oneCall } from "../attempt.ts";
import { canary, canaryProcess } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const pidfdOpen = defineProbe({
  name: "pidfd-open",
  question: "Can it get a handle of a process of the host?",
  call: "pidfd_open(PID, 0)",
  blocked: ["ESRCH"],
  ways: [[check("namespaces.pid")]],
  lesson: "pid",
  prepare: canaryProcess,
  attempt: (attack) => oneCall((stage) => stage.pidfd_open(canary(attack, "pid"), 0))(attack),
});
