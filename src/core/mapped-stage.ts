// A stage that is root over an ordinary user's own ids and all of the user's subordinate ones, and over nothing else.

import { CLONE_NEWUSER } from "../abi/sched.ts";
import { SIGKILL } from "../abi/signal.ts";
import { STATUS_SIZE } from "../abi/wait.ts";
import { clone } from "../stage/launch.ts";
import type { Stage } from "../stage/stage.ts";
import type { Facts } from "./facts.ts";
import { ownMaps, writeMaps } from "./id-map.ts";

type Owner = Pick<Facts, "uid" | "gid" | "subuids" | "subgids" | "tools">;

/** Hands such a stage to `body`, and ends it afterwards. */
export async function withAllIds<T>(host: Stage, owner: Owner, body: (stage: Stage) => Promise<T>): Promise<T> {
  const { stage, pid, close } = await clone(host, "mapped", CLONE_NEWUSER);
  try {
    await writeMaps(host, pid, ownMaps(owner), { ...owner, rootless: true });
    await stage.setresgid(0, 0, 0);
    await stage.setresuid(0, 0, 0);
    const result = await body(stage);
    stage.flush();
    return result;
  } finally {
    stage.discard();
    close();
    if (stage.late) await host.kill(pid, SIGKILL);
    await host.wait4(pid, STATUS_SIZE, 0, 0);
    host.flush();
  }
}
