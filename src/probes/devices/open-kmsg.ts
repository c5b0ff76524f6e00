// The kernel's log by its device. Opened, not read.

import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { S_IFCHR } from "../../abi/stat.ts";
import { check, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutController } from "../unavailable.ts";
import { openNode } from "./node.ts";

export const openKmsg = defineProbe({
  name: "open-kmsg",
  question: "Can it read the kernel's log by a device?",
  call: 'mknod("/tmp/kmsg", S_IFCHR, 1:11), open("/tmp/kmsg")',
  blocked: ["EPERM"],
  ways: [[check("cgroups.devices"), lacksOnHost("CAP_SYSLOG")]],
  lesson: "escapes",
  unavailable: withoutController("devices"),
  attempt: ({ stage }) =>
    openNode(stage, { type: S_IFCHR, major: 1, minor: 11, flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC, passed: [] }),
});
