// PTRACE_SEIZE attaches without stopping the other process, which is our own canary; the end of the attacker detaches it.

import { PTRACE_SEIZE } from "../../abi/ptrace.ts";
import { oneCall } from "../attempt.ts";
import { canary, canaryProcess } from "../canary.ts";
import { check, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const ptrace = defineProbe({
  name: "ptrace",
  question: "Can it take control of a process of the host?",
  call: "ptrace(PTRACE_SEIZE, PID, 0, 0)",
  blocked: ["ESRCH"],
  ways: [[check("namespaces.pid"), lacksOnHost("CAP_SYS_PTRACE")]],
  lesson: "pid",
  prepare: canaryProcess,
  attempt: (attack) => oneCall((stage) => stage.ptrace(PTRACE_SEIZE, canary(attack, "pid"), 0, 0))(attack),
});
