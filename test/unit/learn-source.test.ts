// A piece of the sources by its name.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { declaredNames, excerpt, findSymbol } from "../../src/learn/source.ts";

const root = join(import.meta.dir, "../..");
const sourceOf = (file: string): string => readFileSync(join(root, file), "utf8");

const text = `import { a } from "./a.ts";

// What it is for,
// in two lines.
export const table: readonly { x: number }[] = [
  { x: 1 }, // a } that closes nothing
  { x: 2 },
];

/** A text with brackets. */
export const about = \`
}
\${table.map((it) => \`{ \${it.x}\`)} {
\`;

export type Shape =
  | { kind: "a" }
  | { kind: "b" };

export function plain(it: { x: number }): { y: number } {
  if (/[{(]/.test("}")) return { y: it.x / 2 };
  return { y: 1 }; // it's a "string
}

export interface Merged {
  readonly one: string;
}

export class Merged {
  /** How many. */
  #count = 0;

  async act(
    x: number,
  ): Promise<void> {
    await this.other({ x });
  }

  other({ x }: { x: number }): void {
    this.#count += x;
  }
}

export const layer = {
  name: "x",
  apply: async (ctx: object) => {
    await ctx;
  },
  verify,
};
`;

describe("what is declared is found, whole", () => {
  const cases: readonly [string, number, string][] = [
    [
      "table",
      3,
      "// What it is for,\n// in two lines.\nexport const table: readonly { x: number }[] = [\n  { x: 1 }, // a } that closes nothing\n  { x: 2 },\n];",
    ],
    [
      "about",
      10,
      `/** A text with brackets. */\nexport const about = \`\n}\n\${table.map((it) => \`{ \${it.x}\`)} {\n\`;`,
    ],
    ["Shape", 16, 'export type Shape =\n  | { kind: "a" }\n  | { kind: "b" };'],
    [
      "plain",
      20,
      'export function plain(it: { x: number }): { y: number } {\n  if (/[{(]/.test("}")) return { y: it.x / 2 };\n  return { y: 1 }; // it\'s a "string\n}',
    ],
    ["Merged.act", 33, "async act(\n  x: number,\n): Promise<void> {\n  await this.other({ x });\n}"],
    ["Merged.other", 39, "other({ x }: { x: number }): void {\n  this.#count += x;\n}"],
    ["Merged.count", 30, "/** How many. */\n#count = 0;"],
    ["layer.name", 45, 'name: "x",'],
    ["layer.apply", 46, "apply: async (ctx: object) => {\n  await ctx;\n},"],
    ["layer.verify", 49, "verify,"],
  ];
  test.each(cases)("%s", (symbol, firstLine, wanted) => {
    expect(findSymbol(text, symbol)).toEqual({ text: wanted, firstLine });
  });

  test("what is not declared is not found", () => {
    for (const it of ["a", "Merged.nothing", "nothing.act"]) expect(findSymbol(text, it)).toBeUndefined();
  });
});

test("everything that our sources declare is found, and can be compiled alone", () => {
  const compiler = new Bun.Transpiler({ loader: "ts" });
  for (const file of new Bun.Glob("src/{core,engine,layers,stage,state,learn,probes}/**/*.ts").scanSync({
    cwd: root,
  })) {
    for (const name of declaredNames(sourceOf(file))) {
      const { text: piece } = excerpt(file, name, root);
      expect(() => compiler.transformSync(piece), `${file}#${name}`).not.toThrow();
    }
  }
});

test("C: functions and macros", () => {
  const stage = sourceOf("native/stage.c");
  for (const it of declaredNames(stage)) expect(findSymbol(stage, it), it).toBeDefined();
  const c = "#define TWO(x) \\\n  (x)\n\n// Adds.\nstatic int add(int a, int b) {\n  return '}' + a;\n}\n";
  expect(findSymbol(c, "TWO")?.text).toBe("#define TWO(x) \\\n  (x)");
  expect(findSymbol(c, "add")).toEqual({
    text: "// Adds.\nstatic int add(int a, int b) {\n  return '}' + a;\n}",
    firstLine: 4,
  });
});

test("only our own sources are quoted", () => {
  expect(() => excerpt("../../etc/passwd", "root")).toThrow("is no source file of minidocker");
  expect(() => excerpt("src/../package.json", "x")).toThrow("is no source file of minidocker");
  expect(() => excerpt("src/nothing.ts", "x")).toThrow("there is no src/nothing.ts");
  expect(() => excerpt("src/learn/source.ts", "nothing")).toThrow("src/learn/source.ts declares no nothing");
});
