// A packet socket bound to a link of the host would see its traffic. For protocol 0 there is no traffic, so nothing is read.

import { sockaddrLl } from "../../abi/packet.ts";
import { AF_PACKET, SOCK_CLOEXEC, SOCK_RAW } from "../../abi/socket.ts";
import { SIOCGIFHWADDR } from "../../abi/sockios.ts";
import { Memory } from "../../stage/call.ts";
import { ask, contained, failed, succeeded } from "../attempt.ts";
import { check, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { addressIn, hostLink, request } from "./link.ts";

export const packetSocket = defineProbe({
  name: "packet-socket",
  question: "Can it listen to the host's traffic?",
  call: "bind(socket(AF_PACKET, SOCK_RAW, 0), LINK)",
  blocked: ["ENODEV", "contained"],
  ways: [[check("namespaces.network"), lacks("CAP_NET_RAW")]],
  lesson: "network",
  unavailable: () => (hostLink() === undefined ? "this host has no network link but lo" : undefined),
  async attempt({ stage }) {
    const link = hostLink();
    if (link === undefined) return failed("ENODEV");
    const socket = await ask(stage, (it) => it.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!socket.ok) return failed(socket.errno);
    const bytes = sockaddrLl.encode({ sll_family: AF_PACKET, sll_ifindex: link.index });
    const address = { memory: new Memory(bytes), text: `{AF_PACKET, ifindex=${link.index}}` };
    const bound = await ask(stage, (it) => it.bind(socket.result, address, sockaddrLl.size));
    if (!bound.ok) return failed(bound.errno);
    // a link of the container's own may have the same number
    const named = await ask(stage, (it) => it.ioctl_ifreq(socket.result, SIOCGIFHWADDR, request(link.name)));
    if (named.ok && addressIn(named.bytes) === link.address) return succeeded(`it would see what passes ${link.name}`);
    return contained("the link of that number is one of its own");
  },
});
