// What it means that layers, or parts of them, are left out: told once for each of them, whoever it matters to.

import type { Phase } from "./layer.ts";
import { enabled, type Spec } from "./spec.ts";

/** A sentence for each layer and part that is off and makes a difference, in the order of the phases. */
export function absences(spec: Spec, phases: readonly Phase[]): string[] {
  const meanings = new Map<string, Set<string>>();
  for (const { name, otherwise } of phases.flatMap((it) => missing(spec, it)))
    meanings.set(name, (meanings.get(name) ?? new Set()).add(otherwise));
  return [...meanings].map(([name, list]) => `${described(name)} is off: ${[...list].join("; ")}`);
}

/** The layer itself, then what it requires, as far as that is off. */
function missing(spec: Spec, { name, otherwise, requires = [] }: Phase): { name: string; otherwise: string }[] {
  const off = !enabled(spec, name);
  const found = off && otherwise !== undefined ? [{ name, otherwise }] : [];
  for (const it of requires.filter((one) => !enabled(spec, one.name))) {
    if (!off || it.fundamental) found.push(it);
    if (it.fundamental) break;
  }
  return found;
}

const described = (name: string): string => (name.includes(".") ? `the part ${name}` : `the ${name} layer`);
