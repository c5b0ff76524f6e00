// Sizes, and the three limits of memory.

import { Refusal } from "../../core/refusal.ts";
import type { Resources } from "../../core/spec.ts";
import { optional, ValueError } from "./value.ts";

const units = ["", "k", "m", "g", "t", "p"];

/** Docker's least: below it a container cannot even start. */
export const LEAST_MEMORY = 6 * 1024 * 1024;

/** Bytes of `64m`, `64MB`, `64MiB`, `1.5g`, `1024`: powers of 1024, as Docker counts. Fractions of bytes are cut off. */
export function parseBytes(text: string): number {
  const found = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (found === null) throw new ValueError("not a size: write a number with b, k, m or g, such as 64m");
  const [, number, unit] = found as unknown as [string, string, string];
  const bytes = Math.floor(Number(number) * 1024 ** units.indexOf(unit.toLowerCase()));
  if (!Number.isSafeInteger(bytes)) throw new ValueError("more memory than there is in any machine");
  return bytes;
}

// 0 is no limit, as Docker has it.
function parseLimit(text: string): number {
  const bytes = parseBytes(text);
  if (bytes > 0 && bytes < LEAST_MEMORY)
    throw new ValueError(`the minimum is 6m: a container cannot start with less (this is ${bytes} bytes)`);
  return bytes;
}

function parseSwap(text: string): number {
  return text === "-1" ? -1 : parseBytes(text);
}

/**
 * `memory`, `swap` (memory and swap together, -1: no limit) and `reservation` as the user wrote them. A limit of memory
 * is one of memory and swap unless `--memory-swap` says otherwise (docs/decisions/0021).
 */
export function readMemory(texts: {
  memory: string | undefined;
  swap: string | undefined;
  reservation: string | undefined;
}): Resources["memory"] {
  const limit = optional("--memory", texts.memory, parseLimit) || undefined;
  const swap = optional("--memory-swap", texts.swap, parseSwap) || undefined;
  const reservation = optional("--memory-reservation", texts.reservation, parseLimit) || undefined;
  if (swap !== undefined && limit === undefined) {
    throw new Refusal("--memory-swap limits memory and swap together, so it needs --memory for the memory alone");
  }
  if (swap !== undefined && limit !== undefined && swap !== -1 && swap < limit) {
    throw new Refusal(
      `--memory-swap ${texts.swap} is memory and swap together, so it cannot be less than --memory ${texts.memory}`,
    );
  }
  if (reservation !== undefined && limit !== undefined && reservation > limit) {
    throw new Refusal(`--memory-reservation ${texts.reservation} is more than --memory ${texts.memory} allows`);
  }
  if (limit === undefined && reservation === undefined) return undefined;
  return {
    ...(limit === undefined ? {} : { limit, swap: swap ?? limit }),
    ...(reservation === undefined ? {} : { reservation }),
  };
}
