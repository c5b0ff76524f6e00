// mount(2) looks for the permission first, and for the file system afterwards: there is none of that name.

import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const mount = defineProbe({
  name: "mount",
  question: "Can it mount a file system?",
  call: 'mount("none", "/", "nosuchfs", 0, NULL)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.mount("none", "/", "nosuchfs", 0, null), ["ENODEV"]),
});
