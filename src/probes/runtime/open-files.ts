// A program that counts its descriptors. One of a folder of the host would be a way out of every container (CVE-2024-21626). It is the
// runtime that closes them, and no layer.

import { failed, invisible, succeeded } from "../attempt.ts";
import { defineProbe } from "../probe.ts";
import { countsDescriptors, fromMemory, runChild } from "../programs.ts";

export const openFiles = defineProbe({
  name: "open-files",
  question: "Has it been left any open files of the host?",
  call: "fcntl(3 … 255, F_GETFD)",
  blocked: ["invisible"],
  ways: [],
  lesson: "escapes",
  async attempt({ stage }) {
    const { code } = await runChild(stage, fromMemory(countsDescriptors));
    // one is the file in memory that the program itself comes from, where the kernel keeps it open
    if (code === undefined || code < 100) return failed("ENOEXEC", "the program did not run");
    return code === 100
      ? invisible("none but stdin, stdout, stderr")
      : succeeded(`${code - 100} beside the first three`);
  },
});
