// Accounting into a file that does not exist: the permission comes first.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const acct = defineProbe({
  name: "acct",
  question: "Can it log every process of the machine?",
  call: 'acct("/nonexist")',
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_PACCT"), filtered]],
  lesson: "capabilities",

  attempt: oneCall((stage) => stage.acct("/nonexist"), ["ENOENT"]),
});
