// AF_ALG lets programs use the kernel's cryptography, and its bugs. A type of socket that does not exist keeps the kernel from even
// loading the module.

import { AF_ALG } from "../../abi/socket.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const algSocket = defineProbe({
  name: "alg-socket",
  question: "Can it use the kernel's cryptography?",
  call: "socket(AF_ALG, 15, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  attempt: oneCall((stage) => stage.socket(AF_ALG, 15, 0), ["EINVAL"]),
});
