// CLOCK_MONOTONIC cannot be set by anybody: EINVAL, where the call reaches the kernel at all.

import { CLOCK_MONOTONIC } from "../../abi/timex.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const clockSettime = defineProbe({
  name: "clock-settime",
  question: "Can it ask for another time?",
  call: "clock_settime(CLOCK_MONOTONIC, {0, 0})",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  attempt: oneCall((stage) => stage.clock_settime(CLOCK_MONOTONIC, { tv_sec: 0, tv_nsec: 0 }), ["EINVAL"]),
});
