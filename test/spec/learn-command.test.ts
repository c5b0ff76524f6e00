// `minidocker learn` from outside: what it prints where there is no terminal, its exit codes, and what is left when it is ended.

import { expect } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layers } from "../../src/layers/index.ts";
import { block } from "../harness/lessons.ts";
import { privateHost } from "../harness/private-host.ts";
import { isRunning } from "../harness/processes.ts";
import { remains } from "../harness/remains.ts";
import { type Run, waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();

const lessonFolders = (): string[] => {
  const folder = join(host.folder, "root/data/lessons");
  return existsSync(folder) ? readdirSync(folder) : [];
};

function write(name: string, body: string, head = "layers: []\n"): string {
  const path = join(host.folder, name);
  writeFileSync(path, `---\ntitle: A test\nsummary: test\nminutes: 1\n${head}---\n${body}`);
  return path;
}

rootTest(
  "learn container --auto --plain goes through all seven layers, with calls, kernel state and verdicts",
  async () => {
    const { code, stdout, stderr } = await host.minidocker(["learn", "container", "--auto", "--plain"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name } of layers) {
      expect(stdout).toMatch(new RegExp(`^\\d\\. ${name}: `, "m"));
      expect(stdout).toMatch(new RegExp(`^  ✓ ${name}\\.`, "m"));
    }
    for (const seen of [
      /^ {4}unshare\(CLONE_NEWNS\) = 0$/m,
      /^ {4}\+ pid:\[\d+\]$/m,
      /^ {4}next {2}seccomp\(/m,
      /^ {4}\+ Seccomp: 2$/m,
      /^✓ The end/m,
    ])
      expect(stdout).toMatch(seen);
    expect([remains(host), lessonFolders()]).toEqual([[], []]);
  },
  30_000,
);

rootTest(
  "--json is one object a line, from begin to end",
  async () => {
    const { code, stdout } = await host.minidocker(["learn", "container", "--json"], { timeout: 30_000 });
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string });
    expect(code).toBe(0);
    expect([events[0]?.kind, events.at(-1)?.kind]).toEqual(["begin", "end"]);
    expect(new Set(events.map((it) => it.kind))).toContain("pause");
  },
  30_000,
);

rootTest("without a terminal, a lesson runs through and says so; what is untrue is exit code 1", async () => {
  const path = write(
    "untrue.md",
    block("run host", "echo one") + block("expect", "two") + block("run host", "echo on"),
  );
  const { code, stdout, stderr } = await host.minidocker(["learn", path]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no terminal");
  expect(stdout).toContain(`${path}:12: line 1 of the output is not as expected`);
  expect(stdout).toContain("$ echo on\non\n");
});

rootTest(
  "learn --layer goes through one layer only",
  async () => {
    const { code, stdout } = await host.minidocker(["learn", "--layer", "seccomp", "--auto", "--plain"]);
    expect(code).toBe(0);
    expect(stdout).toContain("next  seccomp(SECCOMP_SET_MODE_FILTER");
    expect(stdout).not.toContain("1. namespaces");
    expect(stdout).toContain("say what the layer seccomp changes");
  },
  30_000,
);

rootTest("a lesson that is blocked is no failure, and says why", async () => {
  const path = write("blocked.md", block("run host", "true"), "layers: []\nrequires: [program:nosuchprogram]\n");
  const { code, stdout } = await host.minidocker(["learn", path, "--auto"]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining("blocked: needs program:nosuchprogram"),
  });
});

const busy =
  block("pause", "capabilities") +
  block(
    "run host",
    "minidocker run --network none base sleep 1000 & sleep 1001 & minidocker ps -q | wc -l; echo begun",
  ) +
  block("run host", "sleep 1002");
const busyHead = "layers: []\ncontainer: base\n";

async function begun(): Promise<Run> {
  const run = host.startMinidocker(["learn", write("busy.md", busy, busyHead), "--auto", "--plain"]);
  await run.until("sleep 1002");
  await waitUntil(
    () => isRunning("sleep", "1002"),
    10_000,
    () => "the lesson's last script does not run",
  );
  return run;
}

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGKILL", 137],
] as const) {
  rootTest(
    `${signal} in the middle of a lesson: exit code ${expected}, and nothing is left`,
    async () => {
      const run = await begun();
      run.signal(signal);
      expect((await run.outcome).code).toBe(expected);
      await waitUntil(
        () => lessonFolders().length === 0,
        10_000,
        () => `still there: ${lessonFolders().join(", ")}`,
      );
      expect(remains(host)).toEqual([]);
      // processes, mounts, links and cgroups: the guard of the private host
    },
    30_000,
  );
}

rootTest(
  "wrong words are answered with what is right",
  async () => {
    const cases: readonly (readonly [string[], string])[] = [
      [["nosuch"], 'no lesson is called "nosuch"'],
      [["--layer", "secomp"], "did you mean seccomp?"],
      [["--path", "nosuch"], "no path is called"],
      [["uts", "pid"], "one lesson at a time"],
      [["uts", "--layer", "seccomp"], "LESSON and --layer: one of them"],
      [["--auto"], "--auto needs a LESSON"],
      [["list", "--auto"], "--auto has no meaning here: it goes with a LESSON"],
      [["uts", "--html"], "--html has no meaning here: it goes with learn export"],
      [["uts", "--auto", "--present"], "--auto and --present: with the first, nobody is asked"],
      [[], "name a LESSON"],
      [["./nosuch.md"], "there is no such file"],
    ];
    for (const [words, answer] of cases) {
      const { code, stderr } = await host.minidocker(["learn", ...words]);
      expect(stderr).toContain(answer);
      expect(code).not.toBe(0);
    }
  },
  30_000,
);
