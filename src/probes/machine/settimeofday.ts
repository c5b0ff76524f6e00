// Neither a time nor a time zone: nothing is set, after the permission.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const settimeofday = defineProbe({
  name: "settimeofday",
  question: "Can it set the clock?",
  call: "settimeofday(NULL, NULL)",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_TIME"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.settimeofday(0, 0)),
});
