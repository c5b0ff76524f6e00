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

interface Absence {
  readonly name: string;
  readonly otherwise: string;
}

/** The layer itself, or parts of it; then what it requires, as far as that is off. */
function missing(spec: Spec, phase: Phase): Absence[] {
  const { name, requires = [] } = phase;
  const off = !enabled(spec, name);
  const found = off ? itself(phase) : partsOf(phase).filter((it) => !enabled(spec, it.name));
  for (const it of requires.filter((one) => !enabled(spec, one.name))) {
    if (!off || it.fundamental) found.push(it);
    if (it.fundamental) break;
  }
  return found;
}

const itself = ({ name, otherwise }: Phase): Absence[] => (otherwise === undefined ? [] : [{ name, otherwise }]);

const partsOf = ({ name, parts = {} }: Phase): Absence[] =>
  Object.entries(parts).map(([part, otherwise]) => ({ name: `${name}.${part}`, otherwise }));

const described = (name: string): string => (name.includes(".") ? `the part ${name}` : `the ${name} layer`);
