// Runs test files in the lab's kernel and reports each of their tests as one of the file that asks for it:
//
//   import { runInside } from "./inside.ts";
//   await runInside(["test/lab/inside/limits.ts", "test/spec/namespaces.test.ts"]);
//
// Files below test/lab/inside are not called *.test.ts, so that nobody runs them on the machine itself by accident.

import { test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readJUnit, type TestCase } from "../../scripts/junit.ts";
import { mustRun, skipUnless } from "../harness/skip.ts";
import { bun, Lab, type LabOptions, labProblem } from "./lab.ts";

export interface InsideOptions extends LabOptions {
  /** What this kernel cannot do: a part of tests' names → why. Such a test may fail, and counts as skipped then. */
  readonly cannot?: Readonly<Record<string, string>>;
}

/** Seconds until a run counts as hanging: less than `npm test` gives a file, so that the kernel is still switched off. */
const HANGS_AFTER = 1100;
/** Milliseconds for a single test, in a kernel that makes system calls and page faults by hand, ten times as slowly. */
const TEST_TIMEOUT = 180_000;

/** Boots a kernel, runs the files (paths from the repository's root) with `bun test`, and registers what they said. */
export async function runInside(files: readonly string[], options: InsideOptions = {}): Promise<void> {
  const problem = labProblem();
  if (problem !== undefined) {
    skipUnless(false, problem)(`in the lab: ${files.join(", ")}`, () => {});
    return;
  }
  const lab = await Lab.boot(options);
  try {
    const { tests, said, whole } = await runFiles(lab, files);
    for (const it of tests) register(it, said, options.cannot ?? {});
    if (!whole) {
      test(`in the lab: ${files.join(", ")}`, () => {
        throw new Error(said);
      });
    }
  } finally {
    await lab.close();
  }
}

function register({ name, outcome }: TestCase, said: string, cannot: Readonly<Record<string, string>>): void {
  const title = `in the lab: ${name}`;
  const excuse = Object.entries(cannot).find(([part]) => name.includes(part))?.[1];
  // biome-ignore lint/suspicious/noSkippedTests: inside, it was skipped with a reason, which is in its name
  if (outcome === "skipped") test.skip(title, () => {});
  else if (outcome === "passed") test(title, () => {});
  else if (excuse !== undefined) skipUnless(false, excuse, { expected: true })(title, () => {});
  else {
    test(title, () => {
      throw new Error(reasonIn(said, name));
    });
  }
}

async function runFiles(
  lab: Lab,
  files: readonly string[],
): Promise<{ tests: TestCase[]; said: string; whole: boolean }> {
  const report = join(lab.share, "report.xml");
  const paths = files.map((it) => `./${it}`).join(" ");
  const { exitCode, stdout, stderr } = await lab.run(
    `export MINIDOCKER_LAB=1 MINIDOCKER_MUST_RUN=${mustRun ? "1" : "0"}
     ${bun} test --timeout=${TEST_TIMEOUT} --reporter=junit --reporter-outfile=/run/lab/report.xml ${paths}
     status=$?
     cat /run/lab/report.xml >/run/lab/share/report.xml
     exit $status`,
    { timeout: HANGS_AFTER },
  );
  const tests = existsSync(report) ? readJUnit(readFileSync(report, "utf8")) : [];
  // A file that cannot be loaded, or a run that takes too long, is in no test's report.
  const whole = tests.length > 0 && (exitCode === 0 || tests.some((it) => it.outcome === "failed"));
  const end = exitCode === 124 ? `was killed after ${HANGS_AFTER} s` : `ended with ${exitCode}`;
  return { tests, said: `${stdout}${stderr}\nbun test ${end}`, whole };
}

/** What was printed between the test before and this one's verdict. */
function reasonIn(said: string, name: string): string {
  const lines = said.split("\n");
  const end = lines.findIndex((line) => line.startsWith(`(fail) ${name}`));
  const start = lines.findLastIndex((line, i) => i < end && /^\((pass|fail|skip)\) /.test(line));
  return end < 0 ? said : lines.slice(start + 1, end + 1).join("\n");
}
