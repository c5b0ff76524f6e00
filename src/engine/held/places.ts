// Where a script runs: in the namespaces of a container that may be half built, or in a finished one under all its layers.

import { AT_FDCWD, O_CLOEXEC, O_RDWR } from "../../abi/fcntl.ts";
import { Parent } from "../../core/parent.ts";
import { Refusal } from "../../core/refusal.ts";
import { clone } from "../../stage/launch.ts";
import { Session } from "../../stage/stage.ts";
import { environmentInside, join } from "../enter.ts";
import type { Build } from "./build.ts";
import { runScript, type ScriptOutcome } from "./script.ts";

export async function scriptInContainer(
  resident: Parent,
  script: string,
  environment: readonly string[],
  timeout: number,
): Promise<ScriptOutcome> {
  return await runScript(await resident.fork(new Session()), script, environment, timeout);
}

/** By a process of the host that joins them, so it has none of the other layers' limits. */
export async function scriptInside(build: Build, script: string, timeout: number): Promise<ScriptOutcome> {
  const { pid } = build;
  if (pid === undefined) throw new Refusal("there is no process yet: the namespaces layer makes it");
  const guest = await clone(build.host("inside"), "guest", 0);
  try {
    const { stage } = guest;
    const nothing = await stage.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    await stage.dup3(nothing, 0, 0);
    await join(stage, pid);
    stage.flush();
    // a joined pid namespace is for children only
    return await runScript(await new Parent(stage).fork(new Session()), script, environmentInside(), timeout);
  } finally {
    guest.stage.discard();
    guest.close();
  }
}
