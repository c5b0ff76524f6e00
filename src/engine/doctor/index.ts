// doctor: is everything there that containers need? What can be tried is tried, because version numbers and configuration
// files say little about what a kernel, its security modules and the container around us will allow.

import { findFacts } from "../../core/find-facts.ts";
import { locatePaths } from "../../state/paths.ts";
import type { Finding } from "./finding.ts";
import { dataPlace, lookAtBun, lookAtFolders, lookAtSystem, lookForStage } from "./ground.ts";
import { tryCgroups, tryNamespaces, tryOverlay, trySeccomp } from "./isolation.ts";
import { tryNetwork } from "./network.ts";
import { lookAtRootless } from "./rootless.ts";
import { Trials } from "./trials.ts";

/** Everything that was looked at, in the order in which it matters. Nothing is left on the host. */
export async function examine(): Promise<Finding[]> {
  const ground = [lookAtSystem(), lookAtBun(), lookForStage()];
  if (ground[0]?.verdict === "no") return ground;
  const folders = lookAtFolders();
  if (ground.some((it) => it.verdict === "no")) return [...ground, ...folders];
  const facts = findFacts(locatePaths(process.env, process.geteuid?.() ?? 0));
  const trials = await Trials.open(facts);
  const place = dataPlace();
  try {
    return [
      ...ground,
      ...folders,
      ...(await tryNamespaces(trials, facts)),
      ...(place === undefined ? [] : [await tryOverlay(trials, facts, place)]),
      await tryCgroups(trials, facts),
      ...(await tryNetwork(trials)),
      await trySeccomp(trials),
      ...lookAtRootless(facts),
    ];
  } finally {
    await trials.close();
  }
}
