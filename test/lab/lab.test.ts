// The lab itself: what it promises to the tests that run in it.

import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { skipUnless } from "../harness/skip.ts";
import { runInside } from "./inside.ts";
import { Lab, labProblem } from "./lab.ts";

await runInside(["test/lab/inside/kernel.ts"]);

const labTest = skipUnless(labProblem() === undefined, labProblem() ?? "");

labTest(
  "a command that takes too long is killed, and the lab lives on",
  async () => {
    const lab = await Lab.boot({ memory: "256M" });
    try {
      expect((await lab.run("sleep 60", { timeout: 1 })).exitCode).toBe(124);
      expect(await lab.run("echo out; echo err >&2; exit 3")).toEqual({
        exitCode: 3,
        stdout: "out\n",
        stderr: "err\n",
      });
    } finally {
      await lab.close();
    }
    expect(existsSync(lab.share)).toBe(false);
  },
  60_000,
);

labTest(
  "a kernel that has died is an error that shows its console",
  async () => {
    const lab = await Lab.boot({ memory: "256M" });
    try {
      const died = lab.run("echo c >/proc/sysrq-trigger");
      expect(died).rejects.toThrow(/kernel ended[\s\S]*sysrq triggered crash/);
      await died.catch(() => {});
    } finally {
      await lab.close();
    }
  },
  60_000,
);
