// A swap area of a file that does not exist: the permission comes first.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const swapon = defineProbe({
  name: "swapon",
  question: "Can it give the machine a swap area?",
  call: 'swapon("/nonexist", 0)',
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_ADMIN"), filtered]],
  lesson: "seccomp",

  attempt: oneCall((stage) => stage.swapon("/nonexist", 0), ["ENOENT"]),
});
