// What a user namespace is wanted for: in it, the kernel takes mounts again. Of a file system that does not exist.

import { CLONE_NEWNS, CLONE_NEWUSER } from "../../abi/sched.ts";
import { ask, failed, observationOf } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { noUserNamespaces } from "../unavailable.ts";

export const usernsMount = defineProbe({
  name: "userns-mount",
  question: "Can it mount in a user namespace of its own?",
  call: 'unshare(CLONE_NEWUSER|CLONE_NEWNS), mount("none", "/", "nosuchfs", 0, NULL)',
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: noUserNamespaces,
  async attempt({ stage }) {
    const inside = await ask(stage, (it) => it.unshare(CLONE_NEWUSER | CLONE_NEWNS));
    if (!inside.ok) return failed(inside.errno);
    return observationOf(await ask(stage, (it) => it.mount("none", "/", "nosuchfs", 0, null)), ["ENODEV"]);
  },
});
