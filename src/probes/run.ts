// Probes in real containers. For those who need one or two:
//
//   probeIn(held, probe)                     in a container that is there and finished
//   tryTwice(options, probe, without, …)     in two of their own: with all layers, and with some left out, under the same filter
//
// The whole matrix is in matrix.ts.

import { capabilityMask } from "../abi/capability.ts";
import { errnoName } from "../abi/errno.ts";
import type { Facts } from "../core/facts.ts";
import { findFacts } from "../core/find-facts.ts";
import { Refusal } from "../core/refusal.ts";
import { extension } from "../core/spec.ts";
import { View } from "../core/view.ts";
import { Held } from "../engine/held.ts";
import type { Console } from "../engine/making.ts";
import type { RunOptions } from "../engine/options/index.ts";
import { StageError } from "../stage/error.ts";
import type { Stage } from "../stage/stage.ts";
import { showResult } from "../stage/trace.ts";
import { openPaths, type Paths } from "../state/paths.ts";
import { stuck } from "./attempt.ts";
import { Aviary } from "./aviary.ts";
import type { Observation, Probe } from "./probe.ts";

/** What was seen, and the calls by which: as strace prints them. */
export interface Attempt {
  readonly observation: Observation;
  readonly calls: readonly string[];
}

/** Why this host cannot try the probe, or undefined. */
export function whyNot(probe: Probe, facts = findFacts(openPaths())): string | undefined {
  return probe.unavailable?.(facts) ?? ourLack(probe, facts);
}

// What root of this host cannot do, nothing that it starts can: then no layer has anything to do with it.
function ourLack({ ways }: Probe, { uid }: Facts): string | undefined {
  if (uid !== 0) return undefined;
  const held = new View(process.pid).capabilities("CapEff");
  const missing = ways
    .flat()
    .flatMap(({ capability }) => capability ?? [])
    .find((it) => (held & capabilityMask([it])) === 0n);
  return missing && `root has no ${missing} on this host`;
}

/** Tries the probe in a finished container. Where several are tried, the caller brings the aviary of their canaries. */
export async function probeIn(held: Held, probe: Probe, aviary?: Aviary): Promise<Observation> {
  if (aviary !== undefined) return (await attemptIn(held, probe, aviary)).observation;
  const own = await Aviary.open(openPaths());
  try {
    return (await attemptIn(held, probe, own)).observation;
  } finally {
    await own.close();
  }
}

export async function attemptIn(held: Held, probe: Probe, aviary: Aviary): Promise<Attempt> {
  await aviary.prepare(probe);
  const calls: string[] = [];
  const image = extension(held.spec, "overlay")?.lower ?? [];
  const seen = await held.attack(async (stage) => {
    const observer = {
      after: (call: Parameters<typeof showResult>[0]) => void calls.push(`${call.show()} ${showResult(call)}`),
    };
    // what has been queued to limit the attack is no part of it
    stage.flush();
    stage.session.observers.push(observer);
    return await orStuck(stage, () => probe.attempt({ stage, canaries: aviary.canaries, image }));
  });
  if (!("killed" in seen)) return { observation: seen, calls };
  const saw = `the kernel killed the attacker: ${seen.killed}`;
  return { observation: { kind: "killed", signal: seen.killed, saw }, calls };
}

/** A call that a probe took for granted was refused: that is an observation as well. */
async function orStuck(stage: Stage, action: () => Promise<Observation>): Promise<Observation> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    stage.discard();
    return stuck(errnoName(error.errno), `${error.callName} = ${errnoName(error.errno)}, on the way there`);
  }
}

export interface Twice {
  readonly withAll: Observation;
  readonly without: Observation;
}

/**
 * Tries the probe in two containers of its own: like `options`, and like `options` without those layers or parts. The filter is the
 * same in both, as it depends on what was asked for (src/engine/spec.ts). Throws a Refusal where the host cannot try it.
 */
export async function tryTwice(
  options: RunOptions,
  probe: Probe,
  without: readonly string[],
  console: Console,
  paths: Paths = openPaths(),
): Promise<Twice> {
  const reason = whyNot(probe, findFacts(paths));
  if (reason !== undefined) throw new Refusal(`probe ${probe.name} is unavailable: ${reason}`);
  const aviary = await Aviary.open(paths);
  const once = (left: readonly string[]): Promise<Observation> =>
    inContainer(
      limited({ ...options, without: [...left] }, [probe]),
      console,
      async (held) => (await attemptIn(held, probe, aviary)).observation,
      paths,
    );
  try {
    return { withAll: await once(options.without), without: await once([...options.without, ...without]) };
  } finally {
    await aviary.close();
  }
}

/** A container that is finished for as long as `action` takes. */
export async function inContainer<T>(
  options: RunOptions,
  console: Console,
  action: (held: Held) => Promise<T>,
  paths: Paths = openPaths(),
): Promise<T> {
  const held = await Held.make(options, console, paths);
  try {
    await held.advance("finished");
    return await action(held);
  } finally {
    await held.close();
  }
}

/** The same container, with the limits which those probes run into. What the user has asked for stays. */
export function limited(options: RunOptions, probes: readonly Probe[]): RunOptions {
  const limits = Object.assign({}, ...probes.map((it) => it.limits ?? {})) as RunOptions["resources"];
  return { ...options, resources: { ...limits, ...options.resources } };
}
