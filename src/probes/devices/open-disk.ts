// Making a node of a device is allowed (mkfifo is the same call), opening it is what the cgroup judges. No driver has the number 240, so
// where nothing judges, there is nothing to open: ENXIO.

import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { S_IFBLK } from "../../abi/stat.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutController } from "../unavailable.ts";
import { openNode } from "./node.ts";

export const openDisk = defineProbe({
  name: "open-disk",
  question: "Can it open a disk by its number?",
  call: 'mknod("/tmp/disk", S_IFBLK, 240:0), open("/tmp/disk")',
  blocked: ["EPERM"],
  ways: [[check("cgroups.devices")]],
  lesson: "escapes",
  unavailable: withoutController("devices"),
  attempt: ({ stage }) =>
    openNode(stage, {
      type: S_IFBLK,
      major: 240,
      minor: 0,
      flags: O_RDONLY | O_NONBLOCK | O_CLOEXEC,
      passed: ["ENXIO"],
    }),
});
