// The probes of `compare`: all of them in each of the two containers, with the same canaries on the host.

import { findFacts } from "../../core/find-facts.ts";
import type { Held } from "../../engine/held.ts";
import { Aviary } from "../../probes/aviary.ts";
import type { Probe } from "../../probes/probe.ts";
import { probeIn, whyNot } from "../../probes/run.ts";
import { openPaths } from "../../state/paths.ts";
import type { Observations } from "./comparison.ts";

export interface Attacks {
  /** Those that this host can try. */
  readonly probes: readonly Probe[];
  readonly aviary: Aviary;
  close(): Promise<void>;
}

/** Undefined where there is nothing to try. */
export async function prepareAttacks(probes: readonly Probe[]): Promise<Attacks | undefined> {
  const paths = openPaths();
  const facts = findFacts(paths);
  const possible = probes.filter((it) => whyNot(it, facts) === undefined);
  if (possible.length === 0) return undefined;
  const aviary = await Aviary.open(paths);
  return { probes: possible, aviary, close: () => aviary.close() };
}

export async function attackWith(held: Held, { probes, aviary }: Attacks, stop: AbortSignal): Promise<Observations> {
  const seen = new Map<Probe, Awaited<ReturnType<typeof probeIn>>>();
  for (const probe of probes) {
    stop.throwIfAborted();
    seen.set(probe, await probeIn(held, probe, aviary));
  }
  return seen;
}
