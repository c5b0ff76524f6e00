// A ring without entries: EINVAL, where the call reaches the kernel at all.

import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { firstReason, unlessSysctl } from "../unavailable.ts";

export const ioUring = defineProbe({
  name: "io-uring",
  question: "Can it work past the filter by io_uring?",
  call: "io_uring_setup(0, &params)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: firstReason(unlessSysctl("kernel.io_uring_disabled", "0")),
  attempt: oneCall((stage) => stage.io_uring_setup(0, 120), ["EINVAL"]),
});
