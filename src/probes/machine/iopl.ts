// Access to all ports of x86 hardware, for the attacker alone, which touches none and ends.

import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { onlyOnX86 } from "../unavailable.ts";

export const iopl = defineProbe({
  name: "iopl",
  question: "Can it talk to the hardware?",
  call: "iopl(3)",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_RAWIO"), filtered]],
  lesson: "capabilities",
  unavailable: onlyOnX86,
  attempt: oneCall((stage) => stage.iopl(3)),
});
