// mount_setattr(2) of an empty path, which is that of nothing in any image: the permission comes first.

import { AT_FDCWD } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_NODEV, mountAttr } from "../../abi/mount.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const change = { attr_set: BigInt(MOUNT_ATTR_NODEV) };

export const mountSetattr = defineProbe({
  name: "mount-setattr",
  question: "Can it change the options of mounts?",
  call: 'mount_setattr(AT_FDCWD, "", 0, {attr_set=MOUNT_ATTR_NODEV}, 32)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.mount_setattr(AT_FDCWD, "", 0, change, mountAttr.size), ["ENOENT"]),
});
