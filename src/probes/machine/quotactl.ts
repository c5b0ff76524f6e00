// The format of quotas on a device with an empty name, which no device has.

import { Q_GETFMT, quotaCommand, USRQUOTA } from "../../abi/quota.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const quotactl = defineProbe({
  name: "quotactl",
  question: "Can it ask about disk quotas?",
  call: 'quotactl(QCMD(Q_GETFMT, USRQUOTA), "", 0, NULL)',
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",

  attempt: oneCall(
    (stage) => stage.quotactl(quotaCommand(Q_GETFMT, USRQUOTA), "", 0, 0),
    ["ENOENT", "ENODEV", "ENOSYS"],
  ),
});
