// /proc/PID/root leads to the file tree of another process, whatever mounts lie between: here to a canary of ours.

import { O_RDONLY } from "../../abi/fcntl.ts";
import { canary, canaryFile, canaryPath, canaryProcess } from "../canary.ts";
import { check, filtered, lacks, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { contents, reach } from "../reach.ts";

export const procRoot = defineProbe({
  name: "proc-root",
  question: "Can it reach the host's files through /proc?",
  call: 'open("/proc/PID/root/CANARY", O_RDONLY)',
  blocked: ["invisible"],
  ways: [
    [check("namespaces.pid"), lacksOnHost("CAP_SYS_PTRACE")],
    [check("namespaces.pid"), lacks("CAP_SYS_ADMIN"), filtered],
  ],
  lesson: "proc",
  async prepare(host) {
    await canaryProcess(host);
    canaryFile(host);
  },
  attempt: (attack) =>
    reach(attack.stage, {
      path: `/proc/${canary(attack, "pid")}/root${canaryPath(attack)}`,
      flags: O_RDONLY,
      useful: contents,
    }),
});
