// A program of root's with the setuid bit, started by nobody (65534). It exits with what geteuid(2) says.

import { AT_FDCWD } from "../../abi/fcntl.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { isRoot } from "../programs.ts";
import { runPlanted } from "./planted.ts";

export const setuidProgram = defineProbe({
  name: "setuid-program",
  question: "Can it make a user root by a setuid program?",
  call: 'chmod("/tmp/it", 04755), setuid(65534), execve("/tmp/it")',
  blocked: ["contained"],
  ways: [[check("no-new-privs.bit")]],
  lesson: "no-new-privs",
  attempt: ({ stage }) => runPlanted(stage, isRoot, (it, path) => it.fchmodat(AT_FDCWD, path, 0o4755)),
});
