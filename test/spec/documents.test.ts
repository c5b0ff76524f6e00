// The `console` blocks of the documents are run, and must print what the documents show. Numbers and ids differ from run to
// run, so only their places are compared; a line with nothing but … stands for any lines.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { busyboxTest } from "../harness/rootfs.ts";
import { isRoot, skipUnless, type Test } from "../harness/skip.ts";

const host = privateHost();
const root = join(import.meta.dir, "../..");
// What programs of `base` say in their own words is busybox's wording.
const consoleTest: Test = isRoot ? busyboxTest : skipUnless(false, "needs root");

interface Block {
  readonly document: string;
  readonly commands: readonly string[];
  /** Without the commands. */
  readonly printed: readonly string[];
}

function blocksOf(document: string): Block[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block = ""]) => {
    const lines = block.trimEnd().split("\n");
    const commands = lines.filter((it) => it.startsWith("$ ")).map((it) => it.slice(2));
    return { document, commands, printed: lines.filter((it) => !it.startsWith("$ ")) };
  });
}

const blocks = ["*.md", "docs/*.md", "examples/*.md"]
  .flatMap((it) => [...new Bun.Glob(it).scanSync({ cwd: root })])
  .sort()
  .flatMap(blocksOf);

/** `aa2ced0cc02a` → `ID`, `110.160` → `0`; blanks are one. */
function normalize(line: string): string {
  return line
    .replace(/\b[0-9a-f]{12,}\b/g, "ID")
    .replace(/\d+(\.\d+)*/g, "0")
    .replace(/\s+/g, " ")
    .trim();
}

/** The first line of the document that does not follow in what was printed. */
function firstMissing(wanted: readonly string[], printed: readonly string[]): string | undefined {
  let at = 0;
  let anything = false;
  for (const line of wanted) {
    if (line === "…") anything = true;
    else {
      const found = printed.indexOf(normalize(line), at);
      if (found < 0 || (!anything && found !== at)) return line;
      at = found + 1;
      anything = false;
    }
  }
  return anything || at === printed.length ? undefined : `the end, and not: ${printed[at]}`;
}

const shell = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

describe("what the documents show", () => {
  for (const { document, commands, printed } of blocks) {
    consoleTest(`${document}: ${commands.join("; ")}`, async () => {
      const minidocker = `minidocker() { ${minidockerCommand([]).map(shell).join(" ")} "$@"; }`;
      const script = [minidocker, ...commands, "wait"].join("\n");
      const { stdout } = await host.command(["sh", "-c", `exec 2>&1\n${script}`], { cwd: root });
      const lines = stdout.trimEnd().split("\n");
      const missing = firstMissing(printed, lines.map(normalize));
      if (missing !== undefined) throw new Error(`expected: ${missing}\nprinted:\n${stdout}`);
    });
  }

  consoleTest("a line that is not printed would be noticed", () => {
    expect(blocks.length).toBeGreaterThan(5);
    expect(firstMissing(["a 1", "…", "c"], ["a 0", "b", "c"])).toBeUndefined();
    expect(firstMissing(["a 1", "c"], ["a 0", "b", "c"])).toBe("c");
    expect(firstMissing(["a"], ["a", "b"])).toBe("the end, and not: b");
  });
});
