// explain: every layer tells what it is for, and its steps stand in the order in which a container takes them.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { explainLayer, ordinarySpec } from "../../src/engine/explain.ts";
import { layers } from "../../src/layers/index.ts";
import { Run } from "../harness/run.ts";

const program = [process.execPath, join(import.meta.dir, "../../src/main.ts"), "explain"];
const explain = (...args: string[]) => Run.start([...program, ...args]).outcome;

describe("a layer", () => {
  test("tells what it is for, and a reason for each step", async () => {
    for (const layer of layers) {
      const { name, about, steps } = await explainLayer(layer, layers);
      expect(name).toBe(layer.name);
      expect(about.length, name).toBeGreaterThan(200);
      expect(steps.filter((it) => it.calls.length > 0).length, name).toBeGreaterThan(0);
      for (const it of steps) expect(it.why.length, `${name}: ${it.name}`).toBeGreaterThan(20);
    }
  });

  test("takes its steps in the order of the calls", async () => {
    const overlay = layers.find((it) => it.name === "overlay");
    if (overlay === undefined) throw new Error("no overlay");
    const { steps } = await explainLayer(overlay, layers);
    const calls = steps.flatMap((it) => it.calls);
    expect(calls.indexOf("pivot_root")).toBeGreaterThan(calls.indexOf("move_mount"));
    const taken = steps.map((it) => it.calls.length > 0);
    expect(taken.lastIndexOf(true), "steps that are not taken come last").toBeLessThan(taken.indexOf(false));
  });

  test("is explained for an ordinary container: nothing is switched off or asked for", () => {
    const { linux, process } = ordinarySpec();
    expect([linux.namespaces.length, process.capabilities?.bounding?.length, linux.seccomp !== undefined]).toEqual([
      7,
      14,
      true,
    ]);
    expect(linux.resources?.memory).toBeUndefined();
  });
});

describe("the command", () => {
  test("lists the layers in their order", async () => {
    const { code, stdout } = await explain();
    expect(code).toBe(0);
    const names = [...stdout.matchAll(/^\d (\S+)/gm)].map(([, name]) => name);
    expect(names).toEqual(layers.map((it) => it.name));
    expect((JSON.parse((await explain("--json")).stdout) as { name: string }[]).map((it) => it.name)).toEqual(
      names as string[],
    );
  });

  test("explains one, in lines of at most 80 columns", async () => {
    const { code, stdout, stderr } = await explain("overlay");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Step by step\n\n1. ");
    const wide = stdout.split("\n").filter((it) => Bun.stringWidth(it) > 80);
    expect(wide).toEqual([]);
  });

  test("shows the default filter as the kernel runs it", async () => {
    const { code, stdout } = await explain("seccomp", "--filter");
    expect(code).toBe(0);
    expect(stdout).toStartWith("   0  A = architecture\n");
  });

  test("knows no other layer", async () => {
    expect((await explain("secomp")).stderr).toContain('no layer is called "secomp"; did you mean seccomp?');
    expect((await explain("xyzzy")).stderr).toContain("there are namespaces, cgroups, overlay");
    expect((await explain("overlay", "--filter")).code).toBe(125);
  });
});
