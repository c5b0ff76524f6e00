// sethostname(2) looks for the permission first, and for a length that is too long afterwards: 65 changes no name.

import { hostname } from "node:os";
import { nodeName, utsname } from "../../abi/utsname.ts";
import { ask, contained, failed, succeeded } from "../attempt.ts";
import { check, filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const sethostname = defineProbe({
  name: "sethostname",
  question: "Can it give the host another name?",
  call: "sethostname(NULL, 65)",
  blocked: ["EPERM"],
  ways: [[check("namespaces.uts"), lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "uts",
  async attempt({ stage }) {
    const answer = await ask(stage, (it) => it.sethostname(null, 65));
    if (!answer.ok && answer.errno !== "EINVAL") return failed(answer.errno);
    const name = nodeName(stage.bytes(await stage.uname(utsname.size)));
    if (name !== hostname()) return contained(`it may change a name, but that is its own: ${name}`);
    return succeeded("EINVAL: it was allowed, and only then found that 65 bytes are too many");
  },
});
