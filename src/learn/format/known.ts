// What a lesson may name: layers, checks, probes, other lessons, places in the making of its container.

import { findFacts } from "../../core/find-facts.ts";
import { View } from "../../core/view.ts";
import { type PlannedCall, planContainer } from "../../engine/explain.ts";
import type { RunOptions } from "../../engine/options/index.ts";
import { layerParts } from "../../engine/options/layers.ts";
import { layers } from "../../layers/index.ts";
import { locatePaths } from "../../state/paths.ts";
import { lessonNames } from "../library.ts";

export interface Known {
  /** Layers, and parts of them. */
  readonly layers: readonly string[];
  readonly lessons: readonly string[];
  /** Undefined: cannot be told here, and anything is believed. */
  readonly checks: readonly string[] | undefined;
  readonly probes: readonly string[] | undefined;
  /** Throws a Refusal about the options. */
  plan(container: readonly string[]): Promise<Places>;
}

export interface Places {
  /** The calls that are made for it, in order: on this host, and on an ordinary one. */
  readonly plans: readonly (readonly PlannedCall[])[];
  /** Layer → the steps that some container takes. */
  readonly steps: ReadonlyMap<string, readonly string[]>;
}

export function gatherKnown(
  readOptions: (words: readonly string[]) => RunOptions,
  probes: readonly string[] | undefined,
): Known {
  const linux = process.platform === "linux";
  const names = Object.entries(layerParts).flatMap(([layer, list]) => [layer, ...list.map((it) => `${layer}.${it}`)]);
  return {
    layers: names,
    lessons: lessonNames(),
    checks: linux ? layers.flatMap((it) => it.verify(new View(process.pid))).map((it) => it.id) : undefined,
    probes,
    async plan(container) {
      const options = readOptions(container);
      const ordinary = await planContainer(options, layers);
      if (!linux) return { plans: [ordinary.calls], steps: ordinary.steps };
      const facts = findFacts(locatePaths(process.env, process.geteuid?.() ?? 0));
      const own = await planContainer(options, layers, facts);
      return { plans: [own.calls, ordinary.calls], steps: ordinary.steps };
    },
  };
}
