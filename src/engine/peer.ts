// `--network container:NAME`: whose network it is.

import { Refusal } from "../core/refusal.ts";
import { findContainer } from "../state/find.ts";
import type { Paths } from "../state/paths.ts";
import { isAlive } from "../state/process.ts";
import { readConfig } from "../state/record.ts";
import type { Listed } from "../state/shape.ts";
import type { NetworkChoice } from "./options/network.ts";
import type { Identity } from "./spec.ts";

/** Throws a Refusal where there is no such container, or it is not running. */
export function findNetworkOwner(choice: NetworkChoice | undefined, paths: Paths): Pick<Identity, "networkOwner"> {
  if (choice?.container === undefined) return {};
  const found = find(choice.container, paths);
  if (found.status !== "running" || found.process === undefined || !isAlive(found.process)) {
    throw new Refusal(
      `--network container:${choice.container}: that container is not running, so it has no network to share`,
    );
  }
  const { hostname } = readConfig(paths, found.id);
  const namespace = `/proc/${found.process.pid}/ns/net`;
  return { networkOwner: { id: found.id, namespace, ...(hostname === undefined ? {} : { hostname }) } };
}

// What is wrong with an option is a failure of run's, unlike a container that another command was to deal with.
function find(reference: string, paths: Paths): Listed {
  try {
    return findContainer(paths, reference);
  } catch (error) {
    throw new Refusal(`--network container:${reference}: ${(error as Error).message}`);
  }
}
