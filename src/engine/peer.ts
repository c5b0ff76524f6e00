// `--network container:NAME`: whose network it is.

import { Refusal } from "../core/refusal.ts";
import { findContainer } from "../state/find.ts";
import type { Paths } from "../state/paths.ts";
import { isAlive } from "../state/process.ts";
import type { NetworkChoice } from "./options/network.ts";
import type { Identity } from "./spec.ts";

/** Throws a Refusal where that container is not running. */
export function findNetworkOwner(choice: NetworkChoice | undefined, paths: Paths): Pick<Identity, "networkOwner"> {
  if (choice?.container === undefined) return {};
  const found = findContainer(paths, choice.container);
  if (found.status !== "running" || found.process === undefined || !isAlive(found.process)) {
    throw new Refusal(
      `--network container:${choice.container}: that container is not running, so it has no network to share`,
    );
  }
  return { networkOwner: { id: found.id, namespace: `/proc/${found.process.pid}/ns/net` } };
}
