// Two ways out of a root. The classic one: a process whose working directory lies outside of its root climbs up to the real one, and
// chroot(2) into a folder below leaves the working directory where it is. The other one: whoever joins a mount namespace begins at
// its root, even if it is the one in which the process is already. Where pivot_root(2) has left nothing but the container's tree, both
// ways end in it.

import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { CLONE_NEWNS } from "../../abi/sched.ts";
import type { Stage } from "../../stage/stage.ts";
import { ask, invisible, succeeded } from "../attempt.ts";
import { canaryFile, canaryPath } from "../canary.ts";
import { check, filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { contents } from "../reach.ts";

const UP = "../".repeat(40);

export const escapeRoot = defineProbe({
  name: "escape-root",
  question: "Can it climb out of its root to the host's files?",
  call: 'chroot("bin"), chdir("../../.."), chroot("."); setns(self, CLONE_NEWNS)',
  blocked: ["invisible"],
  ways: [[check("namespaces.mount"), lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "root",
  async prepare(host) {
    canaryFile(host);
  },
  async attempt(attack) {
    const { stage } = attack;
    const path = canaryPath(attack);
    await climb(stage);
    const climbed = await read(stage, path);
    if (climbed !== undefined) return succeeded(`it has climbed up: ${climbed}`);
    const self = await stage.pidfd_open(stage.value(await stage.getpid()), 0);
    const joined = await ask(stage, (it) => it.setns(self, CLONE_NEWNS));
    const found = joined.ok ? await read(stage, path) : undefined;
    if (found !== undefined) return succeeded(`it has joined the host's mount namespace anew: ${found}`);
    return invisible(
      `up there is its own root; to join its namespace anew: ${joined.ok ? "its own root, too" : joined.errno}`,
    );
  },
});

async function climb(stage: Stage): Promise<void> {
  await stage.chdir("/");
  if (!(await ask(stage, (it) => it.chroot("bin"))).ok) return;
  await ask(stage, (it) => it.chdir(UP));
  await ask(stage, (it) => it.chroot("."));
}

async function read(stage: Stage, path: string): Promise<string | undefined> {
  const file = await ask(stage, (it) => it.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
  return file.ok ? contents(stage, file.result) : undefined;
}
