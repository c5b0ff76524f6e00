// MNT_EXPIRE unmounts at the second call what nobody has used since the first. There is no second one: EAGAIN says that the mask would
// have come off.

import { MNT_EXPIRE } from "../../abi/mount.ts";
import { ask, observationOf } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const unmountMask = defineProbe({
  name: "unmount-mask",
  question: "Can it take the masks off /proc?",
  call: 'umount2("/proc/timer_list", MNT_EXPIRE)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "escapes",
  async attempt({ stage }) {
    const answer = await ask(stage, (it) => it.umount2("/proc/timer_list", MNT_EXPIRE));
    // without a /proc there is no mask, but the permission can be asked for all the same
    const there = answer.ok || answer.errno !== "ENOENT";
    return observationOf(there ? answer : await ask(stage, (it) => it.umount2("/", MNT_EXPIRE)), [
      "EAGAIN",
      "EBUSY",
      "EINVAL",
    ]);
  },
});
