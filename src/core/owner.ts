// Whose a container's writable layer is: written beside it, as the text of a symbolic link, which is
// there whole or not at all.

import type { Facts } from "./facts.ts";

type Owner = Pick<Facts, "bootId" | "stateDir">;

export function ownerText({ bootId, stateDir }: Owner): string {
  return `${bootId}:${stateDir}`;
}

/** Undefined where the text is none of ours. */
export function parseOwner(text: string): Owner | undefined {
  const [, bootId, stateDir] = /^([0-9a-f-]{36}):(\/.*)$/s.exec(text) ?? [];
  return bootId === undefined || stateDir === undefined ? undefined : { bootId, stateDir };
}
