// Asks for all capabilities at once, for the attacker alone.

import { capabilityMask, capabilityNames, LINUX_CAPABILITY_VERSION_3 } from "../../abi/capability.ts";
import { oneCall } from "../attempt.ts";
import { lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const wanted = capabilityMask(["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]);
const low = Number(wanted & 0xffff_ffffn);

export const regainRights = defineProbe({
  name: "regain-rights",
  question: "Can it take back dropped capabilities?",
  call: "capset(CAP_SYS_ADMIN|CAP_NET_ADMIN)",
  blocked: ["EPERM"],
  ways: [[lacks(capabilityNames[21] as string)]],
  lesson: "capabilities",
  attempt: oneCall((stage) =>
    stage.capset(
      { version: LINUX_CAPABILITY_VERSION_3 },
      { effective0: low, permitted0: low, inheritable0: 0, effective1: 0, permitted1: 0, inheritable1: 0 },
    ),
  ),
});
