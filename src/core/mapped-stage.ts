// A stage that is root over an ordinary user's own ids and all of the user's subordinate ones, and over nothing else.

import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../abi/fcntl.ts";
import { CLONE_NEWUSER } from "../abi/sched.ts";
import { SIGKILL } from "../abi/signal.ts";
import { STATUS_SIZE } from "../abi/wait.ts";
import { clone } from "../stage/launch.ts";
import type { Stage } from "../stage/stage.ts";
import type { Facts, SubordinateRange } from "./facts.ts";
import { runHostProgram } from "./host-program.ts";

type Owner = Pick<Facts, "uid" | "gid" | "subuids" | "subgids" | "tools">;

/** Hands such a stage to `body`, and ends it afterwards. */
export async function withAllIds<T>(host: Stage, owner: Owner, body: (stage: Stage) => Promise<T>): Promise<T> {
  const { stage, pid, close } = await clone(host, "mapped", CLONE_NEWUSER);
  try {
    await mapIds(host, pid, owner);
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

async function mapIds(host: Stage, pid: number, { uid, gid, subuids, subgids, tools }: Owner): Promise<void> {
  const { newuidmap, newgidmap } = tools;
  if (subuids.length > 0 && subgids.length > 0 && newuidmap !== undefined && newgidmap !== undefined) {
    await runHostProgram(host, newuidmap, ["newuidmap", String(pid), ...words(uid, subuids)]);
    await runHostProgram(host, newgidmap, ["newgidmap", String(pid), ...words(gid, subgids)]);
    return;
  }
  // oneself alone is everybody's right: user_namespaces(7)
  for (const [file, text] of [
    ["setgroups", "deny"],
    ["uid_map", `0 ${uid} 1\n`],
    ["gid_map", `0 ${gid} 1\n`],
  ] as const) {
    const fd = await host.openat(AT_FDCWD, `/proc/${pid}/${file}`, O_WRONLY | O_CLOEXEC, 0);
    await host.write(fd, text, text.length);
    await host.close(fd);
  }
}

/** inside, outside, count: oneself as root, then the ranges one after the other. */
function words(own: number, ranges: readonly SubordinateRange[]): string[] {
  let inside = 1;
  const rows = ranges.map(({ start, count }) => {
    const row = [inside, start, count];
    inside += count;
    return row;
  });
  return [[0, own, 1], ...rows].flat().map(String);
}
