// AF_VSOCK speaks to the hypervisor and to other virtual machines, past all network namespaces. A type of socket that does not exist keeps
// the kernel from even loading the module.

import { AF_VSOCK } from "../../abi/socket.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const vsock = defineProbe({
  name: "vsock",
  question: "Can it talk to the hypervisor?",
  call: "socket(AF_VSOCK, 15, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  attempt: oneCall((stage) => stage.socket(AF_VSOCK, 15, 0), ["EINVAL"]),
});
