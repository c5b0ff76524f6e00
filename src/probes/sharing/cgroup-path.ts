// /proc/self/cgroup names the place in the host's tree, with the names of other services and containers beside it, unless a cgroup
// namespace makes that place the root.

import { O_RDONLY } from "../../abi/fcntl.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { ask, contained, failed } from "../attempt.ts";
import { check, filtered, lacks } from "../guard.ts";
import { defineProbe, type Observation } from "../probe.ts";
import { reach } from "../reach.ts";

export const cgroupPath = defineProbe({
  name: "cgroup-path",
  question: "Can it see where the host keeps it?",
  call: 'read(open("/proc/self/cgroup"))',
  blocked: ["contained"],
  ways: [
    [check("namespaces.cgroup")],
    // where there is no /proc in the container
    [check("namespaces.cgroup"), lacks("CAP_SYS_ADMIN"), filtered],
  ],
  lesson: "more-namespaces",
  async attempt({ stage }): Promise<Observation> {
    let own = false;
    const seen = await reach(stage, {
      path: "/proc/self/cgroup",
      flags: O_RDONLY,
      useful: async (it: Stage, file: Result) => {
        const read = await ask(it, (stage) => stage.read(file, 4096, 4096));
        if (!read.ok) return undefined;
        const paths = new TextDecoder().decode(read.bytes.subarray(0, read.value)).trimEnd().split("\n").map(pathIn);
        const path = paths.find((it) => it !== "/");
        own ||= path === undefined;
        return path && `its path is ${path}`;
      },
    });
    if (own) return contained("it sees itself at the root of the tree: /");
    return seen.kind === "errno" ? failed(seen.errno) : seen;
  },
});

const pathIn = (line: string): string => line.split(":").slice(2).join(":");
