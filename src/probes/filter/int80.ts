// keyctl(2) once more, as a 32-bit call, which has another number (288). A filter that does not ask for the architecture first takes it for
// whatever has the number 288 among the 64-bit calls.

import { errnoName } from "../../abi/errno.ts";
import { signalName } from "../../abi/signal.ts";
import { failed, succeeded } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe, type Observation } from "../probe.ts";
import { fromMemory, keyctlBy32Bits, runChild } from "../programs.ts";
import { firstReason, no32BitCalls, onlyOnX86 } from "../unavailable.ts";

export const int80 = defineProbe({
  name: "int80",
  question: "Can it get past the filter by 32-bit calls?",
  call: "int 0x80: keyctl(KEYCTL_GET_KEYRING_ID, …)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: firstReason(onlyOnX86, no32BitCalls),
  async attempt({ stage }): Promise<Observation> {
    const { code, signal } = await runChild(stage, fromMemory(keyctlBy32Bits));
    if (code === 100) return succeeded("the 32-bit call got through");
    if (code !== undefined) return failed(errnoName(code));
    const name = signalName(signal);
    return { kind: "killed", signal: name, saw: `killed by ${name} at the call` };
  },
});
