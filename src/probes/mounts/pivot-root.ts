// pivot_root(2) with empty names, by which no folder is called in any image: the permission comes first.

import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const pivotRoot = defineProbe({
  name: "pivot-root",
  question: "Can it exchange its root?",
  call: 'pivot_root("", "")',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "root",
  attempt: oneCall((stage) => stage.pivot_root("", ""), ["ENOENT"]),
});
