// A higher priority, for the attacker alone, which ends right afterwards.

import { oneCall } from "../attempt.ts";
import { lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const raisePriority = defineProbe({
  name: "raise-priority",
  question: "Can it get ahead of the host's processes?",
  call: "setpriority(PRIO_PROCESS, 0, -5)",
  blocked: ["EACCES"],
  ways: [[lacksOnHost("CAP_SYS_NICE")]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.setpriority(0, 0, -5)),
});
