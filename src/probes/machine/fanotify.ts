// A group of the kind that may deny others to open files. It watches nothing, and goes with its descriptor.

import { FAN_CLASS_CONTENT } from "../../abi/fanotify.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const fanotify = defineProbe({
  name: "fanotify",
  question: "Can it watch all opening of files?",
  call: "fanotify_init(FAN_CLASS_CONTENT, O_RDONLY)",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_ADMIN"), filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/proc/sys/fs/fanotify", "fanotify"),
  attempt: oneCall((stage) => stage.fanotify_init(FAN_CLASS_CONTENT, O_RDONLY)),
});
