// compare: two containers with different layers, and what differs in them.

import { beforeAll, expect } from "bun:test";
import type { Comparison } from "../../src/cli/compare/comparison.ts";
import { privateHost } from "../harness/private-host.ts";
import { isRunning } from "../harness/processes.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

async function compare(...words: string[]): Promise<Comparison> {
  const { code, stdout, stderr } = await host.minidocker(["compare", "--json", "--network", "none", ...words]);
  if (code !== 0) throw new Error(`compare ended with ${code}: ${stderr}`);
  expect(remains(host)).toEqual([]);
  return JSON.parse(stdout) as Comparison;
}

const differing = ({ state }: Comparison): string[] =>
  state.flatMap((it) => it.rows.map((row) => `${it.name} ${row.key}`));

rootTest(
  "two containers with the same layers show no difference",
  async () => {
    const same = await compare(
      "--layers",
      "all",
      "--layers=all",
      rootfs,
      "--",
      "sh",
      "-c",
      "hostname; ls -l /proc/self/ns; cat /proc/self/mountinfo | cut -d' ' -f4-",
    );
    expect(differing(same).concat(same.checks.rows.map((it) => it.id))).toEqual([]);
    const lines = (text = ""): string[] => text.split("\n").filter((it) => !it.includes("overlay"));
    expect(lines(same.a.ran?.output).map((it) => it.replace(/\w+ +\d+ \d+:\d+/, ""))).toEqual(
      lines(same.b.ran?.output).map((it) => it.replace(/\w+ +\d+ \d+:\d+/, "")),
    );
  },
  20_000,
);

rootTest(
  "without capabilities, only the capability sets and what follows from them differ, and the filter is the same",
  async () => {
    const found = await compare(
      "--layers",
      "all",
      "--layers=-capabilities",
      rootfs,
      "--",
      "sh",
      "-c",
      "mount -t tmpfs none /tmp",
    );
    expect(differing(found)).toEqual([
      "credentials Groups",
      "credentials CapPrm",
      "credentials CapEff",
      "credentials CapBnd",
    ]);
    expect(found.checks.rows.every((it) => it.layer === "capabilities")).toBe(true);
    // the profile does not follow the capabilities: what it forbids stays forbidden
    expect([found.a.ran?.status === 0, found.b.ran?.status === 0]).toEqual([false, false]);
  },
  20_000,
);

rootTest(
  "a command's output and exit status are compared",
  async () => {
    const name = (await host.command(["hostname"])).stdout.trim();
    const script = 'hostname; test "$(hostname)" = "$0"';
    const { a, b } = await compare(
      ...["--layers", "all", "--layers=-namespaces.uts", rootfs],
      ...["--", "sh", "-c", script, name],
    );
    expect([a.ran, b.ran]).toEqual([
      { output: "<id>\n", status: 1 },
      { output: `${name}\n`, status: 0 },
    ]);
  },
  20_000,
);

rootTest(
  "probes are tried in both, and those that end differently are told",
  async () => {
    const { probes } = await compare(
      "--layers",
      "all",
      "--layers=-namespaces.uts,-capabilities,-seccomp",
      "--probes=sethostname,acct",
      rootfs,
    );
    expect(probes?.rows.map((it) => it.name)).toContain("sethostname");
    expect(probes?.rows.find((it) => it.name === "sethostname")?.a.kind).toBe("errno");
  },
  20_000,
);

rootTest(
  "--layers is needed twice, and a mistake in the second is told before anything is made",
  async () => {
    const wrong = [
      [["--layers", "all"], "--layers a second time"],
      [[], "--layers twice"],
      [["--layers", "all", "--layers=none", "--layers=all"], "it is given 3 times"],
      [["--layers", "all", "--layers=-nothing"], 'no layer is called "nothing"'],
      [["--layers", "all", "--layers=none", rootfs, "id"], "the command comes after two dashes"],
      [["--layers", "all", "--layers=none", "--probes=mont"], "did you mean mount?"],
    ] as const;
    for (const [words, message] of wrong) {
      const { code, stderr } = await host.minidocker(["compare", ...words]);
      expect([code, stderr]).toEqual([125, expect.stringContaining(message)]);
    }
    expect(remains(host)).toEqual([]);
  },
  20_000,
);

rootTest(
  "Ctrl-C ends it while a command runs, and nothing is left",
  async () => {
    const sleeping = ["sleep", "1005"];
    const run = host.startMinidocker([
      "compare",
      "--layers",
      "all",
      "--layers=-seccomp",
      "--network",
      "none",
      rootfs,
      "--",
      ...sleeping,
    ]);
    await waitUntil(
      () => isRunning(...sleeping),
      10_000,
      () => "the command does not run",
    );
    run.signal("SIGINT");
    expect((await run.outcome).code).toBe(130);
    expect(remains(host)).toEqual([]);
  },
  20_000,
);
