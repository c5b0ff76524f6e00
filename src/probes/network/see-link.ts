// A link of the host by its name. The container may have one of the same name (eth0), so the hardware address decides.

import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { SIOCGIFHWADDR } from "../../abi/sockios.ts";
import { ask, contained, failed, succeeded } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { addressIn, hostLink, request } from "./link.ts";

export const seeLink = defineProbe({
  name: "see-link",
  question: "Can it see the host's network links?",
  call: "ioctl(socket(AF_INET), SIOCGIFHWADDR, LINK)",
  blocked: ["ENODEV", "contained"],
  ways: [[check("namespaces.network")]],
  lesson: "network",
  unavailable: () => (hostLink() === undefined ? "this host has no network link but lo" : undefined),
  async attempt({ stage }) {
    const link = hostLink();
    if (link === undefined) return failed("ENODEV");
    const socket = await stage.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const answer = await ask(stage, (it) => it.ioctl_ifreq(socket, SIOCGIFHWADDR, request(link.name)));
    if (!answer.ok) return failed(answer.errno);
    const address = addressIn(answer.bytes);
    if (address === link.address) return succeeded(`it sees ${link.name} with the address ${address}`);
    return contained(`its ${link.name} is another one: ${address}`);
  },
});
