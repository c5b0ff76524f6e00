// A swap area in a file with an empty name, which none has in any image: the permission comes first.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const swapon = defineProbe({
  name: "swapon",
  question: "Can it give the machine a swap area?",
  call: 'swapon("", 0)',
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_ADMIN"), filtered]],
  lesson: "seccomp",

  attempt: oneCall((stage) => stage.swapon("", 0), ["ENOENT"]),
});
