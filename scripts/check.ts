// `npm run check`: all that can be said about the tree without running it. Needs no privileges and no kernel features.
// Ends with `N passed, N failed, N skipped`.
//
//   bun scripts/check.ts [--fix]     --fix lets Biome format, sort imports, and apply its safe fixes

import { join } from "node:path";
import { parseArgs } from "node:util";
import { compiler, warnings, wireHeader } from "../native/build.ts";

const repository = join(import.meta.dir, "..");
const bin = (name: string): string => join(repository, "node_modules/.bin", name);
const bun = process.execPath;

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot run here, where it cannot. */
  readonly missing?: string | undefined;
}

// Beyond what the build asks for: the stage is small enough to be held to all of it.
const pedantic =
  "-Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wpointer-arith -Wstrict-prototypes -Wundef -Wvla -Wformat=2 -Wwrite-strings";

function compile(name: string, cc: string | undefined, missing: string, extra: readonly string[]): Step {
  const sources = ["stage.c", "supervise.c"].map((it) => join(repository, "native", it));
  const strict = [...warnings, ...pedantic.split(" ")];
  const command = [cc ?? "cc", ...strict, "-O2", "-ffreestanding", "-fsyntax-only", ...extra, ...sources];
  return { name, command, missing: cc === undefined ? missing : undefined };
}

function steps(fix: boolean): Step[] {
  const cross = Bun.which("aarch64-linux-gnu-gcc") ?? undefined;
  return [
    { name: "format, lint", command: [bin("biome"), "check", "--error-on-warnings", ...(fix ? ["--write"] : [])] },
    { name: "types", command: [bin("tsc")] },
    { name: "rules of this repository", command: [bun, "scripts/rules.ts"] },
    { name: "unused files, exports, dependencies", command: [bin("knip"), "--no-progress"] },
    { name: "documents", command: [bun, "scripts/documents.ts"] },
    { name: "documents that are made", command: [bun, "scripts/docs.ts", "--check"] },
    { name: "shell", command: ["bash", "-n", ".ci/run"] },
    compile("C", compiler(), "no C compiler", []),
    compile("C with a C library", compiler(), "no C compiler", ["-DHOSTED"]),
    compile("C for aarch64", cross, "no aarch64-linux-gnu-gcc (Debian: gcc-aarch64-linux-gnu)", []),
  ];
}

type Verdict = "passed" | "failed" | "skipped";

async function run(step: Step): Promise<Verdict> {
  if (step.missing !== undefined) {
    const must = process.env["MINIDOCKER_MUST_RUN"] === "1";
    console.log(`${must ? "FAIL" : "skip"} ${step.name}: ${step.missing}`);
    return must ? "failed" : "skipped";
  }
  const start = performance.now();
  const child = Bun.spawn([...step.command], { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${step.name}  ${seconds} s`);
  if (code !== 0) console.log(`${stdout}${stderr}`.trimEnd().replace(/^/gm, "     "));
  return code === 0 ? "passed" : "failed";
}

const { values } = parseArgs({ options: { fix: { type: "boolean", default: false } } });
await Bun.write(join(repository, "native/wire.h"), wireHeader());
const verdicts: Verdict[] = [];
for (const step of steps(values.fix)) verdicts.push(await run(step));
const count = (verdict: Verdict): number => verdicts.filter((it) => it === verdict).length;
console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
process.exitCode = count("failed") > 0 ? 1 : 0;
