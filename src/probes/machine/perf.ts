// A counter of what all processes do on the first CPU. It goes with its descriptor, and nobody reads it.

import { PERF_COUNT_SW_CPU_CLOCK, PERF_TYPE_SOFTWARE, perfEventAttr } from "../../abi/perf.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { withoutFile } from "../unavailable.ts";

export const perf = defineProbe({
  name: "perf",
  question: "Can it watch what the CPUs do?",
  call: "perf_event_open({type=PERF_TYPE_SOFTWARE}, -1, 0, -1, 0)",
  blocked: ["EPERM", "EACCES"],
  ways: [[lacksOnHost("CAP_PERFMON"), filtered]],
  lesson: "seccomp",
  unavailable: withoutFile("/proc/sys/kernel/perf_event_paranoid", "performance counters"),
  attempt: oneCall((stage) => {
    const attr = { type: PERF_TYPE_SOFTWARE, size: perfEventAttr.size, config: BigInt(PERF_COUNT_SW_CPU_CLOCK) };
    return stage.perf_event_open(attr, -1, 0, -1, 0);
  }),
});
