// The table of probes: names that fit, questions that are ones, guards and lessons that exist.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoNumber } from "../../src/abi/errno.ts";
import { page } from "../../src/cli/probe/page.ts";
import { showMatrix } from "../../src/cli/probe/table.ts";
import { layers } from "../../src/layers/index.ts";
import { groups, probes } from "../../src/probes/index.ts";
import { type Cell, type Column, leaveOneOut, type Matrix, merge, onlyOne, thank } from "../../src/probes/matrix.ts";
import type { Observation, Probe } from "../../src/probes/probe.ts";

const root = join(import.meta.dir, "../..");

test("there are more than sixty, each with a name of its own that fits a table", () => {
  expect(probes.length).toBeGreaterThan(60);
  expect(new Set(probes.map((it) => it.name)).size).toBe(probes.length);
  expect(probes.filter((it) => !/^[a-z][a-z0-9-]{1,15}$/.test(it.name))).toEqual([]);
});

test("each asks a question about the container", () => {
  expect(probes.map((it) => it.question).filter((it) => !/^(Can|Is|Has) it .+\?$/.test(it) || it.length > 60)).toEqual(
    [],
  );
});

test("each says what is seen where it is stopped: a kind, or an errno that there is", () => {
  const kinds = ["invisible", "contained", "killed"];
  for (const it of probes.flatMap(({ blocked }) => blocked))
    if (!kinds.includes(it)) expect(errnoNumber(it)).toBeGreaterThan(0);
});

test("each is taught by a lesson that there is", () => {
  const lessons = new Set(readdirSync(join(root, "lessons")).map((it) => it.replace(/^\d+-|\.md$/g, "")));
  expect([...new Set(probes.map((it) => it.lesson))].filter((it) => !lessons.has(it))).toEqual([]);
});

test("each layer that is thanked is one of the seven; only the network layer, which connects, stops nothing", () => {
  const thanked = new Set(probes.flatMap((it) => it.layers));
  expect(layers.map((it) => it.name).filter((it) => !thanked.has(it))).toEqual(["network"]);
  expect([...thanked].filter((it) => !layers.some(({ name }) => name === it))).toEqual([]);
});

test("each file of a group begins with why it does no harm", () => {
  const files = [...new Bun.Glob("src/probes/*/*.ts").scanSync({ cwd: root })];
  expect(files.filter((it) => !readFileSync(join(root, it), "utf8").startsWith("// "))).toEqual([]);
});

describe("thanks", () => {
  const [mount] = probes.filter((it) => it.name === "mount") as [Probe];
  const columns = merge(leaveOneOut, onlyOne);
  const seen = (open: readonly string[]): Cell[] =>
    columns.map(({ name }) => ({ kind: "seen", calls: [], observation: open.includes(name) ? yes : no }));
  const yes: Observation = { kind: "succeeded", saw: "" };
  const no: Observation = { kind: "errno", errno: "EPERM", saw: "" };
  const others = (layer: string): string[] =>
    columns.map(({ name }) => name).filter((it) => it.startsWith("only ") && it !== `only ${layer}`);

  test("a layer without which it succeeds is necessary, and sufficient where it stops it alone", () => {
    const cells = seen(["-seccomp", "none", ...others("seccomp")]);
    expect(thank(mount, columns, cells)).toEqual({ necessary: ["seccomp"], sufficient: ["seccomp"], redundant: [] });
  });

  test("two that stop it alone are redundant, and none is necessary", () => {
    const open = others("seccomp").filter((it) => it !== "only capabilities");
    const both = ["capabilities", "seccomp"];
    expect(thank(mount, columns, seen(["none", ...open]))).toEqual({
      necessary: [],
      sufficient: both,
      redundant: both,
    });
  });

  test("nobody is thanked for what gets through, nor for what fails without any layer", () => {
    const nobody = { necessary: [], sufficient: [], redundant: [] };
    expect(thank(mount, columns, seen(columns.map((it) => it.name)))).toEqual(nobody);
    expect(thank(mount, columns, seen([]))).toEqual(nobody);
  });

  test("a call that failed on the way proves nothing", () => {
    const beside: Observation = { kind: "errno", errno: "EROFS", saw: "", beside: true };
    const cells = seen(["none", ...others("")]).map((it, i): Cell => {
      return columns[i]?.name === "only overlay" ? { kind: "seen", calls: [], observation: beside } : it;
    });
    expect(thank(mount, columns, cells).sufficient).toEqual([]);
  });
});

describe("what is shown", () => {
  const columns: readonly Column[] = merge(leaveOneOut, onlyOne);
  const observation: Observation = { kind: "errno", errno: "EPERM", saw: 'a <b> & "c"\x1b[2J' };
  const cell: Cell = { kind: "seen", observation, calls: ['mount("<x>") = -1 EPERM'] };
  const rows = probes.map((probe) => {
    return { probe, cells: columns.map(() => cell), thanks: { necessary: [], sufficient: [], redundant: [] } };
  });
  const matrix: Matrix = { columns, rows, seconds: 1 };
  const widths = (size: string): number[] => {
    const before = process.env["COLUMNS"];
    process.env["COLUMNS"] = size;
    try {
      return showMatrix(matrix)
        .split("\n")
        .map((it) => Bun.stringWidth(it));
    } finally {
      if (before === undefined) delete process.env["COLUMNS"];
      else process.env["COLUMNS"] = before;
    }
  };

  test("the table fits 80 columns, and becomes records in 60", () => {
    expect(Math.max(...widths("80"))).toBeLessThanOrEqual(80);
    expect(Math.max(...widths("60"))).toBeLessThanOrEqual(60);
  });

  test("the page needs nothing else, and what was seen cannot become part of it", () => {
    const html = page(matrix);
    expect(html).not.toMatch(/<script|<link|<img|https?:|url\(/);
    expect(html).toContain("a &lt;b&gt; &amp; &quot;c&quot;\\x1b[2J");
    expect(html).toContain("mount(&quot;&lt;x&gt;&quot;) = -1 EPERM");
    expect(html).not.toContain("\x1b");
    expect(html).not.toContain("[object");
  });

  test("each link of the page leads to a place in it", () => {
    const html = page(matrix);
    const places = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((it) => it[1]));
    const links = new Set([...html.matchAll(/href="#([^"]+)"/g)].map((it) => it[1]));
    expect([...links].filter((it) => !places.has(it))).toEqual([]);
  });
});

test("the groups are not empty, and hold each probe once", () => {
  expect(Object.values(groups).filter((it) => it.length === 0)).toEqual([]);
});
