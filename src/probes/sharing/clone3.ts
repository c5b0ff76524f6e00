// The flags of clone3(2) are in memory, where no filter can judge them. So the profile says that there is no such call. With no
// structure at all, the kernel says EINVAL.

import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const clone3 = defineProbe({
  name: "clone3",
  question: "Can it make processes past the filter's eyes?",
  call: "clone3(NULL, 0)",
  blocked: ["ENOSYS"],
  ways: [[filtered]],
  lesson: "seccomp",
  attempt: oneCall((stage) => stage.clone3_NULL(0, 0), ["EINVAL"]),
});
