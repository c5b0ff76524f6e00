// fsopen(2), the newer way to mount, asks for the permission before it looks for the file system.

import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const fsopen = defineProbe({
  name: "fsopen",
  question: "Can it mount by the newer calls?",
  call: 'fsopen("nosuchfs", 0)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.fsopen("nosuchfs", 0), ["ENODEV"]),
});
