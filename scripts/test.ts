// `npm test`: every test of the repository. Those that use the real kernel run one file after another, because each
// compares the whole host before and after; the others run beside them. Ends with `N passed, N failed, N skipped`.
//
//   bun scripts/test.ts [--only TEXT]     only the files whose path contains the text

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { type Counts, readJUnit, type TestCase } from "./junit.ts";
import { adoptOrphans, endOrphans, expectChild, TEST_FILE } from "./orphans.ts";

const repository = join(import.meta.dir, "..");
const scratch = mkdtempSync(join(tmpdir(), "minidocker-tests-"));

/** What a file may take altogether, in seconds, before it counts as hanging. */
const HANGS_AFTER = 1200;
/** Milliseconds for a single test that sets no limit of its own. */
const TEST_TIMEOUT = 60_000;

const isRoot = process.getuid?.() === 0;
const mustRun = process.env["MINIDOCKER_MUST_RUN"] === "1";

interface FileReport {
  readonly file: string;
  readonly cases: readonly TestCase[];
  readonly seconds: number;
  /** What the file printed; shown if something failed. */
  readonly output: string;
}

function find(pattern: string, only: string): string[] {
  const glob = new Bun.Glob(pattern);
  return [...glob.scanSync({ cwd: repository })].filter((it) => it.includes(only)).sort();
}

/** Files in the two lanes that run side by side. The second has the kernel to itself. */
function lanes(only: string): readonly [string[], string[]] {
  const beside = [
    ...find("test/unit/**/*.test.ts", only),
    ...find("src/**/*.test.ts", only),
    ...find("test/lab/**/*.test.ts", only),
  ];
  const kernel = ["test/native", "test/spec", "examples"].flatMap((it) => find(`${it}/**/*.test.ts`, only));
  return [beside, kernel];
}

async function runFile(file: string): Promise<FileReport> {
  const report = join(scratch, `${file.replaceAll("/", "-")}.xml`);
  const start = performance.now();
  const junit = ["--reporter=junit", `--reporter-outfile=${report}`];
  const child = Bun.spawn([process.execPath, "test", `./${file}`, `--timeout=${TEST_TIMEOUT}`, ...junit], {
    cwd: repository,
    env: { ...process.env, [TEST_FILE]: file },
    stdio: ["ignore", "pipe", "pipe"],
  });
  expectChild(child);
  let output = "";
  const closed = Promise.all([child.stdout, child.stderr].map((it) => collect(it, (text) => (output += text))));
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, HANGS_AFTER * 1000);
  await child.exited;
  clearTimeout(timer);
  const held = await Promise.race([closed.then(() => false), Bun.sleep(2000).then(() => true)]);
  const orphans = endOrphans(file);
  const cases = existsSync(report) ? readJUnit(readFileSync(report, "utf8")) : [];
  const troubles = [
    ...(hung ? [`hung: killed after ${HANGS_AFTER} s`] : []),
    ...orphans.map((it) => `left running: ${it}`),
    ...(held && orphans.length === 0 ? ["a process that it has started still holds its output open"] : []),
    ...(child.exitCode === 0 || hung || cases.some((it) => it.outcome === "failed")
      ? []
      : [`ended with ${child.signalCode ?? child.exitCode} outside of any test`]),
  ];
  return {
    file,
    cases: [...cases, ...troubles.map((name): TestCase => ({ name, outcome: "failed" }))],
    seconds: (performance.now() - start) / 1000,
    output,
  };
}

async function collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  for await (const piece of stream) add(decoder.decode(piece, { stream: true }));
}

// Why a skipped test counts as failed, if it does.
function objection(name: string): string | undefined {
  if (!/\[(skipped|cannot run here): .+\]/.test(name)) return "skipped without a reason";
  if (mustRun && name.includes("[skipped: ")) return "skipped, but MINIDOCKER_MUST_RUN=1";
  return undefined;
}

function judge(report: FileReport): FileReport {
  const cases = report.cases.map((it): TestCase => {
    const why = it.outcome === "skipped" ? objection(it.name) : undefined;
    return why === undefined ? it : { name: `${it.name}: ${why}`, outcome: "failed" };
  });
  return { ...report, cases };
}

function count(reports: readonly FileReport[]): Counts {
  const all = reports.flatMap((it) => it.cases);
  const of = (outcome: TestCase["outcome"]): number => all.filter((it) => it.outcome === outcome).length;
  return { passed: of("passed"), failed: of("failed"), skipped: of("skipped") };
}

const sentence = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

function show(report: FileReport): void {
  const counts = count([report]);
  const mark = counts.failed > 0 ? "FAIL" : "ok  ";
  console.log(`${mark} ${report.file}  ${sentence(counts)}  ${report.seconds.toFixed(1)} s`);
  if (counts.failed > 0) console.log(report.output.replace(/^/gm, "     "));
}

/** What failed, and then did not. */
const unsteady: FileReport[] = [];

async function runLane(files: readonly string[]): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const file of files) {
    const first = judge(await runFile(file));
    show(first);
    // on a busy machine something may take longer than a test allows for; what fails twice is broken
    const again = count([first]).failed > 0 ? judge(await runFile(file)) : undefined;
    if (again !== undefined) {
      console.log(`once more: ${file}`);
      show(again);
      if (count([again]).failed === 0) unsteady.push(first);
    }
    reports.push(again ?? first);
  }
  return reports;
}

function rows(reports: readonly FileReport[], outcome: TestCase["outcome"]): string[] {
  return reports.flatMap(({ file, cases }) =>
    cases.flatMap((it) => (it.outcome === outcome ? [`  ${file}: ${it.name}`] : [])),
  );
}

function summarize(reports: readonly FileReport[]): void {
  const lists = {
    "passed only the second time": rows(unsteady, "failed"),
    skipped: rows(reports, "skipped"),
    failed: rows(reports, "failed"),
  };
  for (const [title, list] of Object.entries(lists))
    if (list.length > 0) console.log(`\n${title}:\n${list.join("\n")}`);
}

// What has lost every trace of where it came from.
function strays(): FileReport[] {
  const cases = endOrphans().map((it): TestCase => ({ name: `left running: ${it}`, outcome: "failed" }));
  return cases.length === 0 ? [] : [{ file: "after all tests", cases, seconds: 0, output: "" }];
}

// Without root the kernel will not let the tests make what they look at: each of these files counts as one skipped test.
function withoutRoot(files: readonly string[]): FileReport[] {
  return files.map((file) =>
    judge({ file, seconds: 0, output: "", cases: [{ name: "[skipped: needs root]", outcome: "skipped" }] }),
  );
}

async function inTurn<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  for (const it of jobs) results.push(await it());
  return results;
}

async function main(): Promise<number> {
  adoptOrphans();
  const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
  const [beside, kernel] = lanes(values.only);
  if (beside.length + kernel.length === 0) console.log(`no test file's path contains ${JSON.stringify(values.only)}`);
  const jobs = [() => runLane(beside), async () => (isRoot ? runLane(kernel) : withoutRoot(kernel))];
  const start = performance.now();
  const lists = cpus().length > 1 ? await Promise.all(jobs.map((it) => it())) : await inTurn(jobs);
  const reports = [...lists.flat(), ...strays()];
  summarize(reports);
  const counts = count(reports);
  console.log(
    `\n${relative(process.cwd(), repository) || "."}: ${reports.length} files in ${((performance.now() - start) / 1000).toFixed(0)} s`,
  );
  console.log(sentence(counts));
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
