// A process for one probe: what it does to itself does no harm to the next one.

import { ENOSYS, EPERM } from "../../abi/errno.ts";
import { signalName } from "../../abi/signal.ts";
import { ITIMER_REAL } from "../../abi/time.ts";
import { terminatedBy } from "../../abi/wait.ts";
import type { Parent } from "../../core/parent.ts";
import { StageGone } from "../../stage/error.ts";
import { Session, type Stage } from "../../stage/stage.ts";

/** The kernel, or somebody else, has ended the process that attacked. */
export interface Killed {
  /** `SIGSYS`; `SIGALRM` where a call did not come back. */
  readonly killed: string;
}

/** While a call of a stage is under way, this whole process waits for it: so the kernel ends one that blocks. */
const SECONDS = 10;

export async function attack<T>(resident: Parent, action: (stage: Stage) => Promise<T>): Promise<T | Killed> {
  const session = new Session();
  session.origin = { layer: "probe", step: "attack" };
  const child = await resident.fork(session);
  try {
    await child.stage.setitimer(ITIMER_REAL, { "it_value.tv_sec": BigInt(SECONDS) }, 0, { tolerate: [EPERM, ENOSYS] });
    const result = await action(child.stage);
    await child.end();
    return result;
  } catch (error) {
    const status = await child.end();
    const signal = terminatedBy(status ?? 0);
    if (!(error instanceof StageGone) || error.late || signal === 0) throw error;
    return { killed: signalName(signal) };
  }
}
