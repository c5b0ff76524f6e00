// A limit of 64 MiB, and 128 MiB of memory that is touched at once (MAP_POPULATE). The kernel ends the attacker, and nobody else, since
// nobody else in the container has that much.

import { MAP_ANONYMOUS, MAP_POPULATE, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../abi/mman.ts";
import { oneCall } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutController } from "../unavailable.ts";

const MiB = 1024 * 1024;
const LIMIT = 64 * MiB;
const FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

export const memory = defineProbe({
  name: "memory",
  question: "Can it take the machine's memory?",
  call: "mmap(128 MiB, MAP_POPULATE), with a limit of 64 MiB",
  blocked: ["killed"],
  ways: [[check("cgroups.memory")]],
  lesson: "memory",
  limits: { memory: { limit: LIMIT, swap: LIMIT } },
  unavailable: withoutController("memory"),
  attempt: oneCall((stage) => stage.mmap(0, 2 * LIMIT, PROT_READ | PROT_WRITE, FLAGS, -1, 0)),
});
