// Nothing of a container's configuration is ignored in silence.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dir, "../../src");
/** The version of the specification asks for nothing, and what the annotations hold has names of its own. */
const unread = ["ociVersion", "annotations"];

test("what the types of the configuration declare is read by somebody who carries it out", () => {
  const types = readFileSync(join(source, "core/spec.ts"), "utf8").split("const prefix")[0] as string;
  const code = types.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const fields = [...code.matchAll(/\b(\w+)\??:/g)].map(([, name]) => name as string);
  const files = [...new Bun.Glob("{core,layers}/**/*.ts").scanSync(source)].filter((it) => it !== "core/spec.ts");
  const words = new Set(files.flatMap((it) => readFileSync(join(source, it), "utf8").match(/\w+/g) ?? []));
  expect(fields).toContain("rootfsPropagation");
  expect(fields.filter((it) => !words.has(it))).toEqual(unread);
});
