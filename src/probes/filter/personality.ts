// No randomized addresses, for the attacker alone.

import { ADDR_NO_RANDOMIZE } from "../../abi/personality.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const personality = defineProbe({
  name: "personality",
  question: "Can it switch off randomized addresses?",
  call: "personality(ADDR_NO_RANDOMIZE)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  attempt: oneCall((stage) => stage.personality(ADDR_NO_RANDOMIZE)),
});
