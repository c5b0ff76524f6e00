// Every lesson, with its own answers and solutions, each task three ways (src/learn/taking/three-ways.ts): on this machine, or in the lab's
// kernel, whichever has what it asks for. A lesson that is blocked in both has been tried by nobody, and that is a failure.

import { afterAll, expect, test } from "bun:test";
import { type LessonEntry, readLessons } from "../../src/learn/read.ts";
import { expectNothingLeft } from "../harness/guard.ts";
import { PrivateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { isRoot, skipUnless } from "../harness/skip.ts";
import { hostSnapshot } from "../harness/snapshot.ts";
import { bun, Lab, labProblem } from "../lab/lab.ts";

/** Seconds for one lesson; the lab's kernel is some ten times as slow. */
const LIMIT = { host: 120, lab: 240 };

interface Tried {
  readonly where: "on the host" | "in the lab";
  /** Why it was not tried there. */
  readonly blocked?: string;
  /** What went wrong. */
  readonly failure?: string;
  readonly seconds: number;
}

const lessons = readLessons();
const tried = new Map<string, readonly Tried[]>();

const blockedBy = (stdout: string): string | undefined => /^[\w-]+: blocked: (.*)$/m.exec(stdout)?.[1];

async function onHost(host: PrivateHost, { path }: LessonEntry): Promise<Tried> {
  const before = hostSnapshot(host.pid);
  const start = performance.now();
  const { code, stdout, stderr } = await host.minidocker(["learn", path, "--auto", "--plain"], {
    timeout: LIMIT.host * 1000,
  });
  const seconds = (performance.now() - start) / 1000;
  const blocked = blockedBy(stdout);
  const problems = [
    code === 0 ? [] : [`exit code ${code}\n${stdout.slice(-4000)}${stderr}`],
    remains(host),
    await expectNothingLeft(before, host.pid).then(
      () => [],
      (error: Error) => [error.message],
    ),
  ].flat();
  return { where: "on the host", seconds, ...tell(blocked, problems) };
}

async function inLab(lab: Lab, { path }: LessonEntry): Promise<Tried> {
  const start = performance.now();
  const command = `MINIDOCKER_LAB=1 ${bun} src/main.ts learn ${path} --auto --plain; status=$?
    ls /run/minidocker/containers /var/lib/minidocker/lessons 2>/dev/null | grep '^[0-9a-f]' >&2
    exit $status`;
  const { exitCode, stdout, stderr } = await lab.run(command, { timeout: LIMIT.lab });
  const seconds = (performance.now() - start) / 1000;
  const left = stderr.split("\n").filter((it) => /^[0-9a-f]{12,}$/.test(it));
  const problems = [
    exitCode === 0 ? [] : [`exit code ${exitCode}\n${stdout.slice(-4000)}${stderr}`],
    left.map((it) => `left behind: ${it}`),
  ].flat();
  return { where: "in the lab", seconds, ...tell(blockedBy(stdout), problems) };
}

function tell(blocked: string | undefined, problems: readonly string[]): Pick<Tried, "blocked" | "failure"> {
  if (problems.length > 0) return { failure: problems.join("\n") };
  return blocked === undefined ? {} : { blocked };
}

/** What the lab's kernel lacks, by the lesson's name. */
let lacking: readonly { name: string; blocked?: string; requires: readonly string[] }[] = [];

if (isRoot) {
  const host = await PrivateHost.start();
  try {
    for (const it of lessons) tried.set(it.name, [await onHost(host, it)]);
  } finally {
    await host.close();
  }
}
if (isRoot && labProblem() === undefined) {
  const lab = await Lab.boot();
  try {
    for (const it of lessons) {
      const before = tried.get(it.name) ?? [];
      if (before[0]?.blocked !== undefined) tried.set(it.name, [...before, await inLab(lab, it)]);
    }
    const { stdout } = await lab.run(`${bun} src/main.ts learn list --json`, { timeout: LIMIT.lab });
    lacking = (JSON.parse(stdout) as typeof lacking).filter((it) => it.blocked !== undefined);
  } finally {
    await lab.close();
  }
}

for (const lesson of lessons) {
  const runs = tried.get(lesson.name) ?? [];
  const ran = runs.find((it) => it.blocked === undefined);
  const title = `lesson ${lesson.name}`;
  if (!isRoot) skipUnless(false, "needs root")(title, () => {});
  else if (ran === undefined && labProblem() !== undefined) skipUnless(false, labProblem() ?? "")(title, () => {});
  else
    test(`${title}, ${ran?.where ?? "nowhere"}, ${(ran?.seconds ?? 0).toFixed(1)} s: all that it says is true`, () => {
      expect(ran?.failure).toBeUndefined();
      if (ran === undefined)
        throw new Error(runs.map(({ where, blocked }) => `${where}, it is blocked: ${blocked}`).join("\n"));
    });
}

skipUnless(isRoot && labProblem() === undefined, labProblem() ?? "needs root")(
  "in the lab's kernel, no lesson is blocked for want of anything but time namespaces",
  () => {
    const others = lacking.filter((it) => !it.requires.includes("namespaces.time"));
    expect(others.map((it) => `${it.name}: ${it.blocked}`)).toEqual([]);
  },
);

afterAll(() => {
  const rows = lessons.map(({ name }) => {
    const cells = (tried.get(name) ?? []).map(({ where, blocked, failure, seconds }) => {
      const outcome = failure !== undefined ? "FAILED" : blocked !== undefined ? `blocked: ${blocked}` : "true";
      return `${where}: ${outcome} (${seconds.toFixed(1)} s)`;
    });
    return `${name.padEnd(18)} ${cells.join("; ")}`;
  });
  console.log(`\n${rows.join("\n")}`);
});
