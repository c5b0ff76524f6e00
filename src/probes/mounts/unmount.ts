// MNT_EXPIRE together with MNT_FORCE is asked for by nobody who means it: EINVAL, after the permission.

import { MNT_EXPIRE, MNT_FORCE } from "../../abi/mount.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const unmount = defineProbe({
  name: "unmount",
  question: "Can it unmount a file system?",
  call: 'umount2("/", MNT_FORCE|MNT_EXPIRE)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.umount2("/", MNT_FORCE | MNT_EXPIRE), ["EINVAL"]),
});
