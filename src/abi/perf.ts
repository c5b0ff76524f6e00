// <linux/perf_event.h>: perf_event_open(2).

import { Struct } from "./struct.ts";

export const PERF_TYPE_SOFTWARE = 1;
export const PERF_COUNT_SW_CPU_CLOCK = 0;
export const PERF_TYPE = { PERF_TYPE_SOFTWARE } as const;

/** The first version of the structure, which every kernel takes; `size` says which one it is. */
export const perfEventAttr = new Struct("perf_event_attr", {
  type: "u32",
  size: "u32",
  config: "u64",
  sample_period: "u64",
  sample_type: "u64",
  read_format: "u64",
  bits: "u64",
  wakeup_events: "u32",
  bp_type: "u32",
  bp_addr: "u64",
});
