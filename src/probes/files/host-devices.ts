// devtmpfs is the host's /dev, with a node for each device: one instance for the whole machine, whoever mounts it. Only looked at.

import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import { ask, failed, invisible, succeeded } from "../attempt.ts";
import { check, filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { entries, mountDetached } from "../reach.ts";
import { withoutFilesystem } from "../unavailable.ts";

export const hostDevices = defineProbe({
  name: "host-devices",
  question: "Can it find the host's disks and memory?",
  call: 'open("/dev/kmsg", O_PATH), fsopen("devtmpfs")',
  blocked: ["invisible"],
  ways: [[check("overlay.dev")], [lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "mounts",
  unavailable: withoutFilesystem("devtmpfs"),
  async attempt({ stage }) {
    const node = await ask(stage, (it) => it.faccessat2(AT_FDCWD, "/dev/kmsg", 0, 0));
    if (node.ok) return succeeded("its /dev has the kernel's log");
    const root = await mountDetached(stage, "devtmpfs");
    if (!root.ok) return invisible(`its /dev has nodes of its own; to mount the host's: ${root.errno}`);
    const folder = await ask(stage, (it) => it.openat(root.result, ".", O_RDONLY | O_DIRECTORY, 0));
    if (!folder.ok) return failed(folder.errno);
    const found = await entries(stage, folder.result);
    return found === undefined
      ? invisible("the host's /dev is empty")
      : succeeded(`through a mount of its own: ${found}`);
  },
});
