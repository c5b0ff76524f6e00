// A descriptor for page faults of the attacker's own. It goes with it.

import { O_CLOEXEC } from "../../abi/fcntl.ts";
import { UFFD_USER_MODE_ONLY } from "../../abi/userfaultfd.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const userfaultfd = defineProbe({
  name: "userfaultfd",
  question: "Can it stop the kernel at a page fault?",
  call: "userfaultfd(UFFD_USER_MODE_ONLY|O_CLOEXEC)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/proc/sys/vm/unprivileged_userfaultfd", "userfaultfd"),
  attempt: oneCall((stage) => stage.userfaultfd(UFFD_USER_MODE_ONLY | O_CLOEXEC)),
});
