// An abstract Unix socket has no file: its name is known in the network namespace, whatever the file tree. Ours listens on the host.

import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM } from "../../abi/socket.ts";
import { Memory } from "../../stage/call.ts";
import type { Shown } from "../../stage/codec.ts";
import { ask, observationOf } from "../attempt.ts";
import { canary } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

// unix(7): the family, a zero byte, the name; its length is the address's
const address = (name: string): Shown => ({
  memory: new Memory(Uint8Array.of(AF_UNIX, 0, 0, ...new TextEncoder().encode(name))),
  text: `{AF_UNIX, "@${name}"}`,
});
const nameOf = (number: number): string => `minidocker-probe-${number}`;

export const abstractSocket = defineProbe({
  name: "abstract-socket",
  question: "Can it talk to the host's services by socket?",
  call: 'connect(socket(AF_UNIX), "@NAME")',
  blocked: ["ECONNREFUSED"],
  ways: [[check("namespaces.network")]],
  lesson: "network",
  async prepare({ stage, canaries }) {
    const number = process.pid;
    const name = nameOf(number);
    const socket = await stage.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    await stage.bind(socket, address(name), name.length + 3);
    await stage.listen(socket, 64);
    stage.flush();
    canaries.set("socket", number);
  },
  async attempt(attack) {
    const { stage } = attack;
    const name = nameOf(canary(attack, "socket"));
    const socket = await stage.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const answer = await ask(stage, (it) => it.connect(socket, address(name), name.length + 3));
    return observationOf(answer, ["EAGAIN"], "the host's service took the connection");
  },
});
