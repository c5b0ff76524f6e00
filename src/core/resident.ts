// The resident: a program that is the stage itself. A held container executes it where any other would execute
// its program, with the channel kept open. So further calls and scripts can be run inside the finished container,
// bound by all its layers: the resident is no more than what became of the init stage, and can do no more than
// any program in its place.

import { AT_EMPTY_PATH, AT_FDCWD, F_SETFD, FD_CLOEXEC, O_CLOEXEC, O_RDONLY } from "../abi/fcntl.ts";
import type { Result } from "../stage/call.ts";
import { PATIENCE, Session, type Stage } from "../stage/stage.ts";
import { CHANNEL } from "../stage/wire.ts";
import type { Phase } from "./layer.ts";
import { Parent } from "./parent.ts";
import { STREAMS } from "./process.ts";
import { Slot } from "./slot.ts";

/** A descriptor of the resident's program. */
const RESIDENT = new Slot<Result>("the resident's program", "openResident");

/** Before the layers, in the place of the pipes: nobody types into a resident, and it prints nothing. */
export const openResident: Phase = {
  name: "process",
  async apply(ctx) {
    const { host } = ctx;
    STREAMS.leave(ctx, { inside: [-1, -1, -1], stdin: -1, stdout: -1, stderr: -1 });
    ctx.step("the resident's program");
    // the sealed copy that the stage runs from; the container's file tree has none
    RESIDENT.leave(ctx, await host.openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
  },
};

/** In the place of `executeProgram`, and like it in one frame with the filter. */
export const executeResident: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage } = ctx;
    ctx.step("execute the program");
    await stage.fcntl_F_SETFD(CHANNEL, F_SETFD, 0, { hold: true });
    await stage.execveat(RESIDENT.of(ctx), "", ["resident"], [], AT_EMPTY_PATH);
    stage.flush();
  },
};

/**
 * The resident that `stage`, an init stage, has become. Throws what the stage's last frame amounts to, if that failed.
 */
export async function meetResident(stage: Stage): Promise<Parent> {
  const session = new Session();
  session.origin = { layer: "resident", step: "begin" };
  const resident = stage.as("program", session);
  // what it will execute is to have no channel
  await resident.fcntl_F_SETFD(CHANNEL, F_SETFD, FD_CLOEXEC);
  resident.flush();
  resident.limit(PATIENCE);
  return new Parent(resident);
}
