// Signal 0 is no signal: kill(2) only says whether one could be sent.

import { oneCall } from "../attempt.ts";
import { canary, canaryProcess } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const signalProcess = defineProbe({
  name: "signal-process",
  question: "Can it send a signal to a process of the host?",
  call: "kill(PID, 0)",
  blocked: ["ESRCH"],
  ways: [[check("namespaces.pid")]],
  lesson: "pid",
  prepare: canaryProcess,
  attempt: (attack) => oneCall((stage) => stage.kill(canary(attack, "pid"), 0))(attack),
});
