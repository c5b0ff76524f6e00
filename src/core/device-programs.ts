// How many eBPF programs decide about devices in a cgroup. No file tells it, so this process asks with bpf(2) itself:
// a view has no stage.

import { ptr } from "bun:ffi";
import { closeSync, openSync } from "node:fs";
import { BPF_CGROUP_DEVICE, BPF_PROG_QUERY, bpfProgQuery } from "../abi/ebpf.ts";
import { systemCall } from "../abi/libc.ts";

/** The programs on the cgroup of that folder itself; undefined where the kernel does not tell us (CAP_NET_ADMIN). */
export function countDevicePrograms(folder: string): number | undefined {
  const fd = openSync(folder, "r");
  try {
    const query = bpfProgQuery.encode({ target_fd: fd, attach_type: BPF_CGROUP_DEVICE });
    if (systemCall("bpf", BPF_PROG_QUERY, ptr(query), query.length) < 0) return undefined;
    return bpfProgQuery.decode(new DataView(query.buffer)).prog_cnt;
  } finally {
    closeSync(fd);
  }
}
