// The number of the session keyring. Only asked.

import { KEY_SPEC_SESSION_KEYRING, KEYCTL_GET_KEYRING_ID } from "../../abi/keyctl.ts";
import { oneCall } from "../attempt.ts";
import { filtered } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const keyctl = defineProbe({
  name: "keyctl",
  question: "Can it use the kernel's keyrings?",
  call: "keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)",
  blocked: ["EPERM"],
  ways: [[filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/proc/keys", "keyrings"),
  attempt: oneCall(
    (stage) => stage.keyctl_GET_KEYRING_ID(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0),
    ["ENOKEY"],
  ),
});
