// Sets the flags of lo to what they are. Who may do that may as well take it down, give it addresses, and set routes.

import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { SIOCGIFFLAGS, SIOCSIFFLAGS } from "../../abi/sockios.ts";
import { ask, failed, observationOf } from "../attempt.ts";
import { lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";
import { flagsIn, request } from "./link.ts";

export const setLink = defineProbe({
  name: "set-link",
  question: "Can it configure network links?",
  call: "ioctl(socket(AF_INET), SIOCSIFFLAGS, lo)",
  blocked: ["EPERM"],
  ways: [[lacks("CAP_NET_ADMIN")]],
  lesson: "capabilities",
  async attempt({ stage }) {
    const socket = await stage.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const now = await ask(stage, (it) => it.ioctl_ifreq(socket, SIOCGIFFLAGS, request("lo")));
    if (!now.ok) return failed(now.errno);
    return observationOf(
      await ask(stage, (it) => it.ioctl_ifreq(socket, SIOCSIFFLAGS, request("lo", flagsIn(now.bytes)))),
    );
  },
});
