// A port of ours on the host's 127.0.0.1, where databases listen that think themselves alone.

import { sockaddrIn } from "../../abi/inet.ts";
import { AF_INET, SOCK_CLOEXEC, SOCK_STREAM } from "../../abi/socket.ts";
import { Memory } from "../../stage/call.ts";
import { ask, observationOf } from "../attempt.ts";
import { canary } from "../canary.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const tcpLocalhost = defineProbe({
  name: "tcp-localhost",
  question: "Can it reach what listens on the host's 127.0.0.1?",
  call: "connect(socket(AF_INET), 127.0.0.1:PORT)",
  blocked: ["ECONNREFUSED", "ENETUNREACH"],
  ways: [[check("namespaces.network")]],
  lesson: "network",
  async prepare({ canaries, onClose }) {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    onClose(() => server.stop(true));
    canaries.set("port", server.port);
  },
  async attempt(attack) {
    const { stage } = attack;
    const port = canary(attack, "port");
    const socket = await stage.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const address = { memory: new Memory(sockaddrIn("127.0.0.1", port)), text: `{AF_INET, 127.0.0.1:${port}}` };
    return observationOf(
      await ask(stage, (it) => it.connect(socket, address, 16)),
      [],
      "the host's service took the connection",
    );
  },
});
