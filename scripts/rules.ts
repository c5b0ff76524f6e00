// The rules of this repository that no linter knows. Each is a row; test/unit/rules.test.ts breaks every one of them in
// a copy of the tree, to prove that it bites.
//
//   bun scripts/rules.ts [FOLDER]

import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { calls } from "../src/stage/calls.ts";

/** Folder of src → the other folders of src that it may import: abi ← stage ← core ← layers ← engine ← probes ← learn ← cli */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  abi: [],
  stage: ["abi"],
  core: ["abi", "stage"],
  layers: ["abi", "stage", "core"],
  state: ["abi", "core"],
  images: ["abi", "core", "state"],
  engine: ["abi", "stage", "core", "layers", "state", "images"],
  oci: ["abi", "stage", "core", "layers", "state", "images", "engine"],
  probes: ["abi", "stage", "core", "layers", "state", "images", "engine"],
  learn: ["abi", "stage", "core", "layers", "state", "images", "engine", "probes"],
  cli: ["abi", "stage", "core", "layers", "state", "images", "engine", "oci", "probes", "learn"],
  "main.ts": ["cli"],
};

interface Source {
  /** Below the repository: `src/layers/overlay/index.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Rule {
  readonly name: string;
  /** What is wrong with the file, one sentence for each place. */
  check(source: Source): string[];
}

export const rules: readonly Rule[] = [
  { name: "imports-point-one-way", check: importsPointOneWay },
  { name: "layers-are-strangers", check: layersAreStrangers },
  { name: "calls-are-awaited", check: callsAreAwaited },
  { name: "only-main-exits", check: onlyMainExits },
  { name: "only-cli-prints", check: onlyCliPrints },
  { name: "native-has-no-opinions", check: nativeHasNoOpinions },
  { name: "skips-say-why", check: skipsSayWhy },
  { name: "nothing-is-left-to-do", check: nothingIsLeftToDo },
];

// They name what is forbidden.
const naming = new Set(["scripts/rules.ts", "test/unit/rules.test.ts"]);

/** `path: rule: what is wrong`, for every file of the tree below `root`. */
export function violations(root: string): string[] {
  return ["{src,native,test,scripts,bench,examples,rootfs}/**/*.{ts,c,h}"]
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })])
    .filter((path) => path !== "native/wire.h" && !naming.has(path))
    .sort()
    .flatMap((path) => {
      const source = { path, text: readFileSync(join(root, path), "utf8") };
      return rules.flatMap((rule) => rule.check(source).map((it) => `${path}: ${rule.name}: ${it}`));
    });
}

// Type-only imports, dynamic ones and import types count as well: what can be named is depended upon.
function imports({ path, text }: Source): { specifier: string; target: string }[] {
  return [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*["']([^"'\n]+)["']/g)].map(([, specifier = ""]) => ({
    specifier,
    target: specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : specifier,
  }));
}

function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1];
}

function importsPointOneWay(source: Source): string[] {
  const from = folderOf(source.path);
  if (from === undefined) return [];
  const allowed = mayImport[from];
  if (allowed === undefined) return [`src/${from} has no place in the order of the folders`];
  return imports(source).flatMap(({ specifier, target }) => {
    const to = folderOf(target);
    if (to === undefined || to === from || allowed.includes(to)) return [];
    return [`src/${from} may not import ${specifier}`];
  });
}

// A layer is a file of src/layers or a folder of it; index.ts lists them.
function layersAreStrangers(source: Source): string[] {
  const layer = /^src\/layers\/([^/.]+)/.exec(source.path)?.[1];
  if (layer === undefined || source.path === "src/layers/index.ts") return [];
  return imports(source).flatMap(({ specifier, target }) => {
    const other = /^src\/layers\/([^/.]+)/.exec(target)?.[1];
    return other === undefined || other === layer ? [] : [`the layer ${layer} may not import another: ${specifier}`];
  });
}

const ownCalls = Object.keys(calls).join("|");
const lonelyCall = new RegExp(`^\\s*((?:\\w+\\.)*(?:stage|host|init|parent)\\.(?:${ownCalls}))\\(`, "gm");

// A call that is not awaited is queued later than the line after it. Biome cannot see that these methods return promises.
function callsAreAwaited({ path, text }: Source): string[] {
  if (!path.startsWith("src/")) return [];
  return [...text.matchAll(lonelyCall)].map(([, call]) => `${call}(…) is not awaited`);
}

function onlyMainExits({ path, text }: Source): string[] {
  if (!path.startsWith("src/") || path === "src/main.ts") return [];
  return /\bprocess\.(exit|abort|reallyExit)\b/.test(text) ? ["only src/main.ts ends the process"] : [];
}

// Biome's noConsole sees to the rest.
function onlyCliPrints({ path, text }: Source): string[] {
  if (!path.startsWith("src/") || path.startsWith("src/cli/")) return [];
  return /\b(process\.(stdout|stderr)\.(write|end)\b|Bun\.(stdout|stderr)\b)/.test(text) ? ["only src/cli prints"] : [];
}

// What the stage does is sent to it. Strings are allowed where the preprocessor or the assembler takes them.
function nativeHasNoOpinions({ path, text }: Source): string[] {
  if (!/^native\/.*\.[ch]$/.test(path)) return [];
  const code = text.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
  const flags = [...code.matchAll(/\b(CLONE_NEW|MS_|MNT_|CAP_|O_|S_I|PR_|SECCOMP_|NLM_|IFLA_|CGROUP)\w*/g)].map(
    ([it]) => it,
  );
  const statements = code.replace(/^\s*#.*$/gm, "").replace(/__asm__\s*(volatile)?\s*\([^;]*;|^#define ENTRY.*$/gm, "");
  const texts = [...statements.matchAll(/"[^"\n]*"/g)].map(([it]) => it);
  return [...flags, ...texts].map((it) => `the stage knows no policy, but this names ${it}`);
}

function skipsSayWhy({ path, text }: Source): string[] {
  if (!path.endsWith(".test.ts")) return [];
  const found = text.match(/\b(test|it|describe)\.(skip|skipIf|todo|todoIf)\b/g) ?? [];
  return found.map((it) => `${it}: use skipUnless of test/harness/skip.ts, which says why`);
}

function nothingIsLeftToDo({ text }: Source): string[] {
  const marks = text.match(/\b(TODO|FIXME|XXX|HACK)\b/g) ?? [];
  return marks.map((it) => `${it}: do it, or write down in docs/decisions why not`);
}

if (import.meta.main) {
  const found = violations(Bun.argv[2] ?? join(import.meta.dir, ".."));
  if (found.length > 0) console.error(found.join("\n"));
  process.exitCode = found.length > 0 ? 1 : 0;
}
