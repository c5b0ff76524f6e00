// A key in the keyring of the attacker's process, with which it goes.

import { KEY_SPEC_PROCESS_KEYRING } from "../../abi/keyctl.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const addKey = defineProbe({
  name: "add-key",
  question: "Can it leave keys in the kernel?",
  call: 'add_key("user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING)',
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/proc/keys", "keyrings"),
  attempt: oneCall((stage) => stage.add_key("user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING)),
});
