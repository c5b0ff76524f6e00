// A process for one probe: what it does to itself does no harm to the next one.

import { SIG } from "../../abi/signal.ts";
import type { Parent } from "../../core/parent.ts";
import { StageGone } from "../../stage/error.ts";
import { Session, type Stage } from "../../stage/stage.ts";

/** The kernel, or somebody else, has ended the process that attacked. */
export interface Killed {
  /** `SIGSYS` */
  readonly killed: string;
}

export async function attack<T>(resident: Parent, action: (stage: Stage) => Promise<T>): Promise<T | Killed> {
  const session = new Session();
  session.origin = { layer: "probe", step: "attack" };
  const child = await resident.fork(session);
  try {
    const result = await action(child.stage);
    await child.end();
    return result;
  } catch (error) {
    const status = await child.end();
    const signal = (status ?? 0) & 0x7f;
    if (!(error instanceof StageGone) || signal === 0) throw error;
    return { killed: Object.keys(SIG).find((name) => SIG[name] === signal) ?? String(signal) };
  }
}
