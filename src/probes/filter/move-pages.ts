// No pages of the attacker itself are moved.

import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const movePages = defineProbe({
  name: "move-pages",
  question: "Can it move memory between nodes?",
  call: "move_pages(0, 0, NULL, NULL, NULL, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/sys/devices/system/node", "memory nodes"),
  attempt: oneCall((stage) => stage.move_pages(0, 0, 0, 0, 0, 0)),
});
