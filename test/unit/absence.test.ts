// What is told where layers are left out.

import { expect, test } from "bun:test";
import { absences } from "../../src/core/absence.ts";
import { setExtension } from "../../src/core/spec.ts";
import { ordinarySpec } from "../../src/engine/explain.ts";
import { layers } from "../../src/layers/index.ts";

function told(...without: string[]): string[] {
  const spec = ordinarySpec();
  setExtension(spec, "without", without);
  return absences(spec, layers);
}

/** Layer or part → its sentence, as far as the first words. */
const names = (list: readonly string[]): string[] => list.map((it) => it.slice(0, it.indexOf(" is off: ")));

test("nothing for a container with all layers", () => {
  expect(told()).toEqual([]);
});

test("a clause of each of the seven, to go on after a colon", () => {
  for (const { name, otherwise = "", parts = {}, requires } of layers) {
    for (const clause of [otherwise, ...Object.values(parts), ...requires.map((it) => it.otherwise)])
      expect(clause).toMatch(/^[a-z/].*[^.]$/);
    expect(told(name)[0]).toStartWith(`the ${name} layer is off: ${otherwise}`);
  }
});

test("a layer's parts, and nothing of them where all of it is off", () => {
  expect(names(told("namespaces.uts", "overlay.masks"))).toEqual(["the part namespaces.uts", "the part overlay.masks"]);
  expect(names(told("overlay", "overlay.masks"))).toEqual(["the overlay layer"]);
});

test("what it means to several layers is one sentence", () => {
  expect(told("namespaces.network")).toEqual([
    expect.stringMatching(/^the part namespaces.network is off: \/sys shows .*; the container uses the host's links/),
  ]);
});

test("what a layer requires does not matter where it is off itself", () => {
  expect(told("overlay", "namespaces.pid")).toEqual([expect.stringContaining("the overlay layer is off: ")]);
});

test("but for what takes another way then; nothing else matters on that one", () => {
  expect(names(told("overlay", "namespaces.mount", "namespaces.pid"))).toEqual([
    "the overlay layer",
    "the part namespaces.mount",
  ]);
  expect(names(told("namespaces.mount", "namespaces.pid", "cgroups"))).toEqual([
    "the cgroups layer",
    "the part namespaces.mount",
  ]);
});

test("a layer that takes two turns is told of once", () => {
  const spec = ordinarySpec();
  setExtension(spec, "without", ["seccomp"]);
  expect(absences(spec, [...layers, ...layers.slice(-1)]).length).toBe(1);
});
