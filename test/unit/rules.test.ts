// Every rule is broken once, in a copy of the tree, and must say so; the tree itself breaks none.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { violations } from "../../scripts/rules.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const repository = join(import.meta.dir, "../..");
let copy: string;

beforeAll(() => {
  copy = temporaryFolder();
  for (const it of ["src", "native", "biome.json", "package.json", ".gitignore"]) {
    cpSync(join(repository, it), join(copy, it), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, ".git"));
});

afterAll(() => removeFolder(copy));

/** Runs `judge` while `path` ends with `text`, and is as before again afterwards. */
function planted<T>(path: string, text: string, judge: () => T): T {
  const file = join(copy, path);
  const before = readOr(file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${before ?? "// planted\n"}${text}\n`);
  try {
    return judge();
  } finally {
    if (before === undefined) rmSync(file);
    else writeFileSync(file, before);
  }
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

test("the tree itself breaks no rule", () => {
  expect(violations(repository)).toEqual([]);
});

describe("a forbidden import is refused", () => {
  const cases: readonly [string, string][] = [
    ["src/abi/planted.ts", 'import { Stage } from "../stage/stage.ts";'],
    ["src/abi/planted.ts", 'import type { Spec } from "../core/spec.ts";'],
    ["src/stage/planted.ts", 'export type { Layer } from "../core/layer.ts";'],
    ["src/core/planted.ts", 'import { layers } from "../layers/index.ts";'],
    ["src/core/planted.ts", 'const it = await import("../engine/run.ts");'],
    ["src/layers/planted.ts", 'import { paths } from "../state/paths.ts";'],
    ["src/layers/planted.ts", 'type Run = import("../engine/run.ts").Run;'],
    ["src/layers/planted/index.ts", 'import { run } from "../../engine/run.ts";'],
    ["src/state/planted.ts", 'import { Stage } from "../stage/stage.ts";'],
    ["src/images/planted.ts", 'import { run } from "../engine/run.ts";'],
    ["src/engine/planted.ts", 'import "../cli/main.ts";'],
    ["src/engine/planted.ts", 'import { lessons } from "../learn/lessons.ts";'],
    ["src/engine/planted.ts", 'import { probes } from "../probes/index.ts";'],
    ["src/probes/planted.ts", 'import type { Lesson } from "../learn/lesson.ts";'],
    ["src/oci/planted.ts", 'export * from "../learn/lessons.ts";'],
    ["src/probes/planted.ts", 'import { print } from "../cli/output.ts";'],
    ["src/learn/planted.ts", 'import { style } from "../cli/style.ts";'],
    ["src/elsewhere/planted.ts", "export {};"],
  ];
  test.each(cases)("%s: %s", (path, text) => {
    const found = planted(path, text, () => violations(copy).filter((it) => it.startsWith(path)));
    expect(found).toEqual([expect.stringContaining(`${path}: imports-point-one-way`)]);
  });
});

describe("a layer that imports another layer is refused", () => {
  const cases: readonly [string, string][] = [
    ["src/layers/no-new-privs.ts", 'import { seccomp } from "./seccomp/index.ts";'],
    ["src/layers/seccomp/planted.ts", 'import type { x } from "../no-new-privs.ts";'],
    ["src/layers/seccomp/planted.ts", 'import { layers } from "../index.ts";'],
  ];
  test.each(cases)("%s: %s", (path, text) => {
    const found = planted(path, text, () => violations(copy).filter((it) => it.startsWith(path)));
    expect(found).toEqual([expect.stringContaining(`${path}: layers-are-strangers`)]);
  });
});

describe("other rules bite", () => {
  const cases: readonly [string, string, string][] = [
    ["calls-are-awaited", "src/layers/planted.ts", "  ctx.stage.setsid();"],
    ["calls-are-awaited", "src/core/planted.ts", "  host.close(fd);"],
    ["only-main-exits", "src/engine/planted.ts", "process.exit(1);"],
    ["only-cli-prints", "src/core/planted.ts", 'process.stderr.write("x");'],
    ["only-cli-prints", "src/state/planted.ts", 'await Bun.write(Bun.stdout, "x");'],
    ["native-has-no-opinions", "native/stage.c", "static int f(void) { return CLONE_NEWNS; }"],
    ["native-has-no-opinions", "native/supervise.c", "static int f(void) { return MS_PRIVATE; }"],
    ["native-has-no-opinions", "native/sys.h", "static int f(void) { return CAP_SYS_ADMIN; }"],
    ["native-has-no-opinions", "native/supervise.c", 'static const char *path = "/proc/self/exe";'],
    ["skips-say-why", "test/spec/planted.test.ts", 'test.skipIf(true)("x", () => {});'],
    ["nothing-is-left-to-do", "src/core/planted.ts", "// TODO later"],
  ];
  test.each(cases)("%s in %s: %s", (rule, path, text) => {
    const found = planted(path, text, () => violations(copy).filter((it) => it.startsWith(path)));
    expect(found).toEqual([expect.stringContaining(`${path}: ${rule}`)]);
  });
});

describe("Biome refuses what a layer may not touch", () => {
  const biome = join(repository, "node_modules/.bin/biome");
  const lint = (path: string): string => {
    const { stdout, stderr } = Bun.spawnSync([biome, "lint", "--error-on-warnings", path], { cwd: copy });
    return `${stdout}${stderr}`;
  };
  const cases: readonly [string, string][] = [
    ["noRestrictedImports", 'import { readFileSync } from "node:fs";\nexport const it = readFileSync;'],
    ["noRestrictedImports", 'import { dlopen } from "bun:ffi";\nexport const it = dlopen;'],
    ["noRestrictedImports", 'import { $ } from "bun";\nexport const it = $;'],
    ["noRestrictedImports", 'export const it = await import("node:fs");'],
    ["noRestrictedGlobals", "export const it = Bun.version;"],
    ["noRestrictedGlobals", "export const it = process.pid;"],
    ["noRestrictedGlobals", "export const it = globalThis;"],
    ["noConsole", 'console.log("x");'],
    ["noFloatingPromises", "async function later(): Promise<void> {}\nexport function now(): void {\n  later();\n}"],
  ];
  test.each(cases)("%s: %s", (rule, text) => {
    const said = planted("src/layers/planted.ts", text, () => lint("src/layers/planted.ts"));
    expect(said).toContain(rule);
  });

  test("files that import each other, even for types only", () => {
    const back = 'import type { One } from "./one.ts";\nexport interface Two {\n  one: One;\n}';
    const said = planted("src/core/two.ts", back, () =>
      planted("src/core/one.ts", 'import type { Two } from "./two.ts";\nexport interface One {\n  two: Two;\n}', () =>
        lint("src/core"),
      ),
    );
    expect(said).toContain("noImportCycles");
  });

  test("a file of 301 lines, a function of 61", () => {
    const lines = planted("src/core/planted.ts", "export {};\n".repeat(300), () => lint("src/core/planted.ts"));
    expect(lines).toContain("noExcessiveLinesPerFile");
    const body = `export function long(): void {\n${"  void 0;\n".repeat(61)}}`;
    expect(planted("src/core/planted.ts", body, () => lint("src/core/planted.ts"))).toContain(
      "noExcessiveLinesPerFunction",
    );
  });
});
