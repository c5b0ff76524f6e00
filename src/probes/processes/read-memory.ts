// process_vm_readv(2) from an address where nothing is: whoever may read gets EFAULT, anybody else hears no before.

import { iovec } from "../../abi/socket.ts";
import { Memory } from "../../stage/call.ts";
import { oneCall } from "../attempt.ts";
import { canary, canaryProcess } from "../canary.ts";
import { check, lacksOnHost } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const here = () => ({
  memory: Memory.struct(iovec, { base: new Memory(new Uint8Array(8)), len: 8 }),
  text: "[{iov_base=…, iov_len=8}]",
});
const nowhere = () => ({ memory: Memory.struct(iovec, { base: 8, len: 8 }), text: "[{iov_base=0x8, iov_len=8}]" });

export const readMemory = defineProbe({
  name: "read-memory",
  question: "Can it read the memory of a process of the host?",
  call: "process_vm_readv(PID, &here, 1, &nowhere, 1, 0)",
  blocked: ["ESRCH"],
  ways: [[check("namespaces.pid"), lacksOnHost("CAP_SYS_PTRACE")]],
  lesson: "pid",
  prepare: canaryProcess,
  attempt: (attack) =>
    oneCall((stage) => stage.process_vm_readv(canary(attack, "pid"), here(), 1, nowhere(), 1, 0), ["EFAULT"])(attack),
});
