// Without the two magic numbers nothing is restarted: EINVAL, after the permission.

import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const reboot = defineProbe({
  name: "reboot",
  question: "Can it restart the machine?",
  call: "reboot(0, 0, 0, NULL)",
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_BOOT"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.reboot(0, 0, 0, 0), ["EINVAL"]),
});
