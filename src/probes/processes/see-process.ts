// getpgid(2) asks for no permission, so whether it finds the process is only a matter of whether there is one to be found.

import { oneCall } from "../attempt.ts";
import { canary, canaryProcess } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const seeProcess = defineProbe({
  name: "see-process",
  question: "Can it see a process of the host?",
  call: "getpgid(PID)",
  blocked: ["ESRCH"],
  ways: [[check("namespaces.pid")]],
  lesson: "pid",
  prepare: canaryProcess,
  attempt: (attack) => oneCall((stage) => stage.getpgid(canary(attack, "pid")))(attack),
});
