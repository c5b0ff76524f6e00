// All containers, and the one that somebody means.

import { readdirSync } from "node:fs";
import type { Paths } from "./paths.ts";
import { DamagedState, noSuchContainer, readRecord } from "./record.ts";
import { Refusal } from "./refusal.ts";
import { idOfName, nameOfId } from "./reserve.ts";
import type { Listed } from "./shape.ts";

const fullId = /^[0-9a-f]{64}$/;

/** Every container, the newest first; damaged ones, whose age nobody knows, last. */
export function listRecords(paths: Paths): Listed[] {
  const found = ids(paths).flatMap((id) => lookAt(paths, id) ?? []);
  const age = (it: Listed): number => (it.status === "damaged" ? 0 : Date.parse(it.created));
  return found.sort((a, b) => age(b) - age(a));
}

/**
 * By full id, name, or the beginning of an id, in this order, as Docker. Throws a Refusal where that is not exactly
 * one.
 */
export function findContainer(paths: Paths, reference: string): Listed {
  const id = resolve(paths, reference);
  const found = id === undefined ? undefined : lookAt(paths, id);
  if (found === undefined) throw noSuchContainer(reference);
  return found;
}

function resolve(paths: Paths, reference: string): string | undefined {
  if (fullId.test(reference)) return reference;
  const named = /^[\w.-]+$/.test(reference) ? idOfName(paths, reference) : undefined;
  if (named !== undefined) return named;
  if (!/^[0-9a-f]+$/.test(reference)) return undefined;
  const matching = ids(paths).filter((id) => id.startsWith(reference));
  if (matching.length > 1) throw new Refusal(`multiple IDs found with provided prefix: ${reference}`, 1);
  return matching[0];
}

function ids(paths: Paths): string[] {
  return readdirSync(`${paths.state}/containers`).filter((it) => fullId.test(it));
}

// Undefined: it was removed meanwhile.
function lookAt(paths: Paths, id: string): Listed | undefined {
  try {
    return readRecord(paths, id);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    if (!(error instanceof DamagedState)) throw error;
    return { status: "damaged", id, name: nameOfId(paths, id) ?? "", problem: error.message };
  }
}
