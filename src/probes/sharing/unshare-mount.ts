// A mount namespace for the attacker alone. It goes with it.

import { CLONE_NEWNS } from "../../abi/sched.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const unshareMount = defineProbe({
  name: "unshare-mount",
  question: "Can it make a mount namespace?",
  call: "unshare(CLONE_NEWNS)",
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.unshare(CLONE_NEWNS)),
});
