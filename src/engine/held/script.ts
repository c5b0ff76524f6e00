// A script in a child of the container's, with all that it prints. It is waited for by looking again and again, because a
// blocking call would stop this whole process, and because output may come for longer than the script runs.

import { constants, fchmodSync, openSync } from "node:fs";
import { PR_SET_PDEATHSIG } from "../../abi/prctl.ts";
import { SIGKILL } from "../../abi/signal.ts";
import type { Child } from "../../core/parent.ts";
import { exitCode } from "../../core/supervise.ts";
import { Sent } from "../../stage/call.ts";
import { closeDescriptor, makePipe } from "../../stage/channel.ts";
import { noShell } from "../enter.ts";
import { Output } from "../output.ts";

export interface ScriptOutcome {
  /** stdout and stderr together, up to a limit. */
  readonly output: string;
  /** As the shell counts: 128 + the signal that ended it. */
  readonly status: number;
  readonly timedOut: boolean;
}

/** Bytes of output that are kept. */
const LIMIT = 1024 * 1024;
/** How long a killed script may take to be gone. */
const GRACE = 2000;

/** Runs it with /bin/sh and resolves when the shell has ended, whatever it has left in the background. `child` is used up. */
export async function runScript(
  child: Child,
  script: string,
  environment: readonly string[],
  timeout: number,
): Promise<ScriptOutcome> {
  const { output, end } = openOutput();
  try {
    await start(child, script, environment, end);
  } catch (error) {
    output.close();
    await child.end();
    throw error;
  } finally {
    closeDescriptor(end);
  }
  child.release();
  try {
    return await follow(child, output, timeout);
  } finally {
    output.close();
  }
}

async function start(child: Child, script: string, environment: readonly string[], end: number): Promise<void> {
  const { stage } = child;
  stage.session.origin = { layer: "script", step: "run it" };
  await stage.setsid();
  for (const target of [1, 2]) await stage.dup3(new Sent(end), target, 0);
  // where there is no pid namespace, nobody else would end it
  await stage.prctl_PR_SET_PDEATHSIG(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  await stage.execve("/bin/sh", ["sh", "-c", script], environment, { cause: noShell });
  stage.flush();
}

async function follow(child: Child, output: Output, timeout: number): Promise<ScriptOutcome> {
  const deadline = performance.now() + timeout;
  let timedOut = false;
  for (let wait = 1; ; wait = Math.min(2 * wait, 16)) {
    const status = await child.poll();
    output.read();
    if (status !== undefined) return { output: output.text, status: exitCode(status), timedOut };
    const late = performance.now() - deadline;
    if (late > 0 && !timedOut) {
      timedOut = true;
      await child.kill();
    }
    if (late > GRACE) return { output: output.text, status: 128 + SIGKILL, timedOut };
    await Bun.sleep(wait);
  }
}

/** A pipe's end for the one who writes, and what comes out of it. */
function openOutput(): { readonly output: Output; readonly end: number } {
  const [from, end] = makePipe();
  // O_NONBLOCK belongs to an open file, and both ends of a pipe2 have the same flags: so it is opened once more
  const fd = openSync(`/proc/self/fd/${from}`, constants.O_RDONLY | constants.O_NONBLOCK);
  closeDescriptor(from);
  // a container's user is to be able to open /dev/stdout as well, and not only root
  fchmodSync(end, 0o666);
  return { output: new Output(fd, LIMIT), end };
}
