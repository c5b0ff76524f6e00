// Cgroups whose processes stand still: they must be killed and taken back like any others.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Cgroup } from "../../src/core/cgroup.ts";
import { waitUntil } from "./run.ts";

/** Resolves when all of its processes stand: with v2's tree by cgroup.freeze, else by v1's freezer. */
export async function freeze({ folders }: Cgroup): Promise<void> {
  const v2 = `${folders.get("unified")}/cgroup.freeze`;
  const v1 = `${folders.get("freezer")}/freezer.state`;
  const unified = existsSync(v2);
  writeFileSync(unified ? v2 : v1, unified ? "1" : "FROZEN");
  const [told, word] = unified ? [v2.replace("freeze", "events"), "frozen 1"] : [v1, "FROZEN"];
  await waitUntil(
    () => readFileSync(told, "utf8").includes(word),
    10_000,
    () => `${told} never says ${word}`,
  );
}
