// Where a script runs: in the namespaces of a container that may be half built, or in a finished one under all its layers.

import { nodeName, utsname } from "../../abi/utsname.ts";
import { openNull, replacement } from "../../core/nothing.ts";
import { Parent } from "../../core/parent.ts";
import { Refusal } from "../../core/refusal.ts";
import { clone } from "../../stage/launch.ts";
import { Session, type Stage } from "../../stage/stage.ts";
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

/** What the container calls itself, without a program of its image: nothing would bind that. */
export async function hostnameInside(build: Build): Promise<string> {
  return await asGuest(build, async (stage) => nodeName(stage.bytes(await stage.uname(utsname.size))));
}

/** By a process of the host that joins them, so it has none of the other layers' limits. */
export async function scriptInside(build: Build, script: string, timeout: number): Promise<ScriptOutcome> {
  return await asGuest(
    build,
    // a joined pid namespace is for children only
    async (stage) => await runScript(await new Parent(stage).fork(new Session()), script, environmentInside(), timeout),
  );
}

/** `action` drives a stage of the host's that has joined the namespaces, and has the container's file tree as its root. */
async function asGuest<T>(build: Build, action: (stage: Stage) => Promise<T>): Promise<T> {
  const { pid } = build;
  if (pid === undefined) throw new Refusal("there is no process yet: the namespaces layer makes it");
  const guest = await clone(build.host("inside"), "guest", 0);
  try {
    const { stage } = guest;
    await join(stage, pid);
    const nothing = await openNull(stage);
    await stage.dup3(((await replacement(stage, nothing)) ?? nothing).fd, 0, 0);
    stage.flush();
    return await action(stage);
  } finally {
    guest.stage.discard();
    guest.close();
  }
}
