// SYSLOG_ACTION_CONSOLE_LEVEL (8) with a level that does not exist: EINVAL, after the permission. The same one is needed to read.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const syslog = defineProbe({
  name: "syslog",
  question: "Can it read the kernel's log?",
  call: "syslog(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, 0)",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYSLOG"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.syslog(8, null, 0), ["EINVAL"]),
});
