// The number of the first eBPF program that is loaded, if any. Only asked.

import { BPF_PROG_GET_NEXT_ID, bpfNextId } from "../../abi/ebpf.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const bpf = defineProbe({
  name: "bpf",
  question: "Can it look at programs in the kernel?",
  call: "bpf(BPF_PROG_GET_NEXT_ID, {start_id=0})",
  blocked: ["EPERM"],
  ways: [[lacksOnHost("CAP_SYS_ADMIN"), filtered]],
  lesson: "seccomp",
  attempt: oneCall(
    (stage) => stage.bpf_PROG_GET_NEXT_ID(BPF_PROG_GET_NEXT_ID, { start_id: 0 }, bpfNextId.size),
    ["ENOENT"],
  ),
});
