// `--network container:NAME`: whose network it is.

import { closeSync, openSync } from "node:fs";
import { Refusal } from "../core/refusal.ts";
import { findContainer } from "../state/find.ts";
import type { Paths } from "../state/paths.ts";
import { isAlive, type ProcessIdentity } from "../state/process.ts";
import { readConfig } from "../state/record.ts";
import type { Listed } from "../state/shape.ts";
import type { NetworkChoice } from "./options/network.ts";
import type { Identity } from "./spec.ts";

/** Throws a Refusal where there is no such container, or it is not running. */
export function findNetworkOwner(choice: NetworkChoice | undefined, paths: Paths): Pick<Identity, "networkOwner"> {
  if (choice?.container === undefined) return {};
  const found = find(choice.container, paths);
  const namespace = found.status === "running" ? hold(found.process) : undefined;
  if (namespace === undefined)
    throw new Refusal(
      `--network container:${choice.container}: that container is not running, so it has no network to share`,
    );
  const { hostname } = readConfig(paths, found.id);
  return { networkOwner: { id: found.id, namespace, ...(hostname === undefined ? {} : { hostname }) } };
}

/**
 * A file that stands for the process's network until minidocker ends. /proc/PID/ns/net may be another one by the time that it
 * is joined, if the process ends and its number is used again.
 */
function hold(owner: ProcessIdentity | undefined): string | undefined {
  if (owner === undefined) return undefined;
  const path = `/proc/${owner.pid}/ns/net`;
  const fd = tryOpen(path);
  if (isAlive(owner)) return fd === undefined ? path : `/proc/${process.pid}/fd/${fd}`;
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

// Who may not open it may not join it either, and is told so when it comes to that.
function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

// What is wrong with an option is a failure of run's, unlike a container that another command was to deal with.
function find(reference: string, paths: Paths): Listed {
  try {
    return findContainer(paths, reference);
  } catch (error) {
    throw new Refusal(`--network container:${reference}: ${(error as Error).message}`);
  }
}
