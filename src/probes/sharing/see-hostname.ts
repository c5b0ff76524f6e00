// uname(2) needs no permission: what it tells depends on the UTS namespace alone.

import { hostname } from "node:os";
import { nodeName, utsname } from "../../abi/utsname.ts";
import { ask, contained, failed, succeeded } from "../attempt.ts";
import { check } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const seeHostname = defineProbe({
  name: "see-hostname",
  question: "Can it see the host's name?",
  call: "uname(&it)",
  blocked: ["contained"],
  ways: [[check("namespaces.uts")]],
  lesson: "uts",
  async attempt({ stage }) {
    const answer = await ask(stage, (it) => it.uname(utsname.size));
    if (!answer.ok) return failed(answer.errno);
    const name = nodeName(answer.bytes);
    return name === hostname() ? succeeded(`it is ${name}`) : contained(`it sees a name of its own: ${name}`);
  },
});
