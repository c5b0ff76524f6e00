// A segment of System V shared memory on the host, marked for removal while it is attached: so it goes with our stage,
// however that ends. It is found by its number.

import { IPC_PRIVATE, IPC_RMID, IPC_STAT } from "../../abi/ipc.ts";
import { oneCall } from "../attempt.ts";
import { canary } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const SHMID_DS = 112;

export const sharedMemory = defineProbe({
  name: "shared-memory",
  question: "Can it find the host's shared memory?",
  call: "shmctl(ID, IPC_STAT, &it)",
  blocked: ["EINVAL", "EIDRM"],
  ways: [[check("namespaces.ipc")]],
  lesson: "more-namespaces",
  async prepare({ stage, canaries }) {
    const id = await stage.shmget(IPC_PRIVATE, 4096, 0o666);
    await stage.shmat(id, 0, 0);
    await stage.shmctl(id, IPC_RMID, SHMID_DS);
    canaries.set("shm", stage.value(id));
  },
  attempt: (attack) => oneCall((stage) => stage.shmctl(canary(attack, "shm"), IPC_STAT, SHMID_DS))(attack),
});
