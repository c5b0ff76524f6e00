// A program with CAP_SETUID in its extended attributes, started by nobody (65534), which then makes itself root.

import { capabilityNumber, VFS_CAP_FLAGS_EFFECTIVE, VFS_CAP_REVISION_2, vfsCapData } from "../../abi/capability.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { becomesRoot } from "../programs.ts";
import { runPlanted } from "./planted.ts";

const SETUID = 1 << (capabilityNumber("CAP_SETUID") as number);
const value = vfsCapData.encode({ magic_etc: VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, permitted0: SETUID });

export const fileRights = defineProbe({
  name: "file-rights",
  question: "Can it give a user capabilities by a program?",
  call: 'setxattr("/tmp/it", "security.capability"), setuid(65534), execve("/tmp/it")',
  blocked: ["contained"],
  ways: [[check("no-new-privs.bit")]],
  lesson: "no-new-privs",
  attempt: ({ stage }) =>
    runPlanted(stage, becomesRoot, (it, path) => it.setxattr(path, "security.capability", value, value.length, 0)),
});
