// A user namespace, in which the attacker is root with all capabilities. It needs none for it, and so a filter is the only guard. (The
// kernel itself refuses it below a chroot.)

import { CLONE_NEWUSER } from "../../abi/sched.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { noUserNamespaces } from "../unavailable.ts";

export const unshareUser = defineProbe({
  name: "unshare-user",
  question: "Can it become root of a user namespace?",
  call: "unshare(CLONE_NEWUSER)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: noUserNamespaces,
  attempt: oneCall((stage) => stage.unshare(CLONE_NEWUSER)),
});
