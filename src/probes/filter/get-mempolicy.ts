// The attacker's own policy. Only asked.

import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const getMempolicy = defineProbe({
  name: "get-mempolicy",
  question: "Can it learn how memory is placed?",
  call: "get_mempolicy(NULL, NULL, 0, NULL, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/sys/devices/system/node", "memory nodes"),
  attempt: oneCall((stage) => stage.get_mempolicy(0, 0, 0, 0, 0)),
});
