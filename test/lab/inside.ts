// Runs test files in the lab's kernel and reports each of their tests as one of the file that asks for it:
//
//   import { runInside } from "./inside.ts";
//   await runInside(["test/lab/inside/limits.ts", "test/spec/namespaces.test.ts"]);
//
// Files below test/lab/inside are not called *.test.ts, so that nobody runs them on the machine itself by accident.

import { test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, skipUnless } from "../harness/skip.ts";
import { bun, Lab, type LabOptions, labProblem } from "./lab.ts";

export interface InsideOptions extends LabOptions {
  /** Seconds that all of them may take; 300 by default. */
  readonly timeout?: number;
}

/** What one test has come to inside. */
export interface InsideTest {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed; empty otherwise. */
  readonly message: string;
}

/** Boots a kernel, runs the files (paths from the repository's root) with `bun test`, and registers what they said. */
export async function runInside(files: readonly string[], options: InsideOptions = {}): Promise<void> {
  const problem = labProblem();
  if (problem !== undefined) {
    skipUnless(false, problem)(`in the lab: ${files.join(", ")}`, () => {});
    return;
  }
  const lab = await Lab.boot(options);
  try {
    const { tests, trouble } = await runFiles(lab, files, options.timeout ?? 300);
    for (const { name, outcome, message } of tests) {
      // biome-ignore lint/suspicious/noSkippedTests: inside, it was skipped with a reason, which is in its name
      if (outcome === "skipped") test.skip(`in the lab: ${name}`, () => {});
      else test(`in the lab: ${name}`, () => expectPassed(outcome === "passed", message));
    }
    if (trouble !== "") test(`in the lab: ${files.join(", ")}`, () => expectPassed(false, trouble));
  } finally {
    await lab.close();
  }
}

async function runFiles(
  lab: Lab,
  files: readonly string[],
  timeout: number,
): Promise<{ tests: InsideTest[]; trouble: string }> {
  const report = join(lab.share, "report.xml");
  // A kernel that makes each system call and page fault of its processes by hand is about ten times as slow.
  const { exitCode, stdout, stderr } = await lab.run(
    `export MINIDOCKER_LAB=1 MINIDOCKER_MUST_RUN=${mustRun ? "1" : "0"}
     ${bun} test --timeout=60000 --reporter=junit --reporter-outfile=/run/lab/report.xml ${files.map((it) => `./${it}`).join(" ")}
     status=$?
     cat /run/lab/report.xml >/run/lab/share/report.xml
     exit $status`,
    { timeout },
  );
  const tests = existsSync(report) ? parseReport(readFileSync(report, "utf8")) : [];
  // A file that cannot be loaded, or a run that takes too long, is in no test's report.
  const told = tests.length > 0 && (exitCode === 0 || tests.some((it) => it.outcome === "failed"));
  return { tests, trouble: told ? "" : `bun test ended with ${exitCode}:\n${stdout}${stderr}` };
}

function expectPassed(passed: boolean, message: string): void {
  if (!passed) throw new Error(message);
}

/** The tests in a JUnit report as Bun writes it. */
export function parseReport(xml: string): InsideTest[] {
  return [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, name, body = ""]) => {
      const failure = /<failure([^>]*?)(?:\/>|>([\s\S]*?)<\/failure>)/.exec(body);
      const skipped = body.includes("<skipped");
      return {
        name: unescapeXml(name ?? ""),
        outcome: failure !== null ? "failed" : skipped ? "skipped" : "passed",
        message: unescapeXml(failure?.[2] ?? failure?.[1] ?? ""),
      };
    },
  );
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code !== undefined ? String.fromCodePoint(Number(code)) : (entities[name ?? ""] ?? whole),
  );
}
