// The classic: a process whose working directory lies outside of its root climbs up to the real one. chroot(2) into a folder below
// leaves the working directory where it is. After pivot_root(2) there is nothing above to climb to.

import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { ask, failed, invisible, succeeded } from "../attempt.ts";
import { canaryFile, canaryPath } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { contents } from "../reach.ts";

const UP = "../".repeat(40);

export const escapeChroot = defineProbe({
  name: "escape-chroot",
  question: "Can it climb out of its root to the host's files?",
  call: 'chroot("bin"), chdir("../../.."), chroot("."), open("/CANARY")',
  blocked: ["invisible"],
  ways: [[check("namespaces.mount")]],
  lesson: "root",
  async prepare(place) {
    canaryFile(place);
  },
  async attempt(attack) {
    const { stage } = attack;
    await stage.chdir("/");
    const below = await ask(stage, (it) => it.chroot("bin"));
    if (!below.ok) return failed(below.errno);
    await ask(stage, (it) => it.chdir(UP));
    await ask(stage, (it) => it.chroot("."));
    const file = await ask(stage, (it) => it.openat(AT_FDCWD, canaryPath(attack), O_RDONLY | O_CLOEXEC, 0));
    if (!file.ok) return invisible("what it climbed to is the container's own root");
    return succeeded(`it reads a file of the host: ${await contents(stage, file.result)}`);
  },
});
