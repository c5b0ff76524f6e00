// Asks for two of the dropped capabilities, for the attacker alone.

import { capabilityMask, LINUX_CAPABILITY_VERSION_3 } from "../../abi/capability.ts";
import { oneCall } from "../attempt.ts";
import { lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const wanted = Number(capabilityMask(["CAP_SYS_ADMIN", "CAP_NET_ADMIN"]));
const sets = { effective0: wanted, permitted0: wanted, inheritable0: 0, effective1: 0, permitted1: 0, inheritable1: 0 };

export const regainRights = defineProbe({
  name: "regain-rights",
  question: "Can it take back dropped capabilities?",
  call: "capset(CAP_SYS_ADMIN|CAP_NET_ADMIN)",
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN")]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.capset({ version: LINUX_CAPABILITY_VERSION_3 }, sets)),
});
