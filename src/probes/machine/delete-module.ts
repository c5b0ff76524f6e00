// A module that does not exist: the permission comes first.

import { O_NONBLOCK } from "../../abi/fcntl.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { firstReason, unlessSysctl, withoutFile } from "../unavailable.ts";

export const deleteModule = defineProbe({
  name: "delete-module",
  question: "Can it change the kernel's code?",
  call: 'delete_module("nosuchmodule", O_NONBLOCK)',
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_MODULE"), filtered]],
  lesson: "capabilities",
  unavailable: firstReason(withoutFile("/proc/modules", "modules"), unlessSysctl("kernel.modules_disabled", "0")),
  attempt: oneCall((stage) => stage.delete_module("nosuchmodule", O_NONBLOCK), ["ENOENT"]),
});
