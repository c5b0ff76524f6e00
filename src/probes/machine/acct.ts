// Accounting into a file with an empty name, which none has in any image: the permission comes first.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const acct = defineProbe({
  name: "acct",
  question: "Can it log every process of the machine?",
  call: 'acct("")',
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_PACCT"), filtered]],
  lesson: "capabilities",

  attempt: oneCall((stage) => stage.acct(""), ["ENOENT"]),
});
