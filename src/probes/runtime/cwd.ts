// getcwd(2) begins with "(unreachable)" where the working directory lies outside of the root: a way out (CVE-2024-21626). It is the runtime
// that enters the folder once more, and no layer.

import { ask, contained, failed, succeeded } from "../attempt.ts";
import { defineProbe } from "../probe.ts";

export const cwd = defineProbe({
  name: "cwd",
  question: "Is it in a folder outside of its root?",
  call: "getcwd(&it, 4096)",
  blocked: ["contained"],
  ways: [],
  lesson: "escapes",
  async attempt({ stage }) {
    const answer = await ask(stage, (it) => it.getcwd(4096, 4096));
    if (!answer.ok) return failed(answer.errno);
    const path = new TextDecoder().decode(answer.bytes.subarray(0, answer.bytes.indexOf(0)));
    return path.startsWith("/") ? contained(`it is in ${path}`) : succeeded(`it is in ${path}`);
  },
});
