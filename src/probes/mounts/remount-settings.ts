// A remount of /proc/sys as it is: read-only. Who may do that may leave the read-only out.

import { MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REMOUNT } from "../../abi/mount.ts";
import { ask, observationOf } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const AS_IT_IS = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

export const remountSettings = defineProbe({
  name: "remount-settings",
  question: "Can it make /proc/sys writable again?",
  call: 'mount(NULL, "/proc/sys", NULL, MS_REMOUNT|MS_BIND|MS_RDONLY|…, NULL)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "escapes",
  async attempt({ stage }) {
    const answer = await ask(stage, (it) => it.mount(null, "/proc/sys", null, AS_IT_IS, null));
    // without a /proc, at least the permission
    const there = answer.ok || answer.errno !== "ENOENT";
    return observationOf(there ? answer : await ask(stage, (it) => it.mount("none", "/", "nosuchfs", 0, null)), [
      "ENODEV",
      "EINVAL",
    ]);
  },
});
