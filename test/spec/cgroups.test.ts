// What a container's cgroup promises, whichever version of cgroups the kernel has. On the machine itself these tests
// meet v1; the lab runs the same file with v2.

import { expect } from "bun:test";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { parseFlatKeyed } from "../../src/abi/cgroup.ts";
import { findCgroups } from "../../src/core/cgroup-facts.ts";
import { CgroupPlace } from "../../src/core/cgroup-folders.ts";
import type { DeviceRule } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { cgroups } from "../../src/layers/cgroups/index.ts";
import { freeze } from "../harness/freeze.ts";
import { type Grouped, inCgroup } from "../harness/grouped.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const both = stages();
const MiB = 1024 * 1024;
const facts = findCgroups();

rootTest("a fork past the process limit fails with EAGAIN", () =>
  inCgroup(both, { resources: { pids: { limit: 10 } } }, async (it) => {
    const code = await it.run("for i in $(seq 20); do sleep 5 & done");
    expect(it.output).toMatch(/fork.*(Resource temporarily unavailable|EAGAIN)|Cannot fork/i);
    expect(code).toBe(2);
    expect(it.file("pids.max")).toBe("10");
    expect(it.cgroup.pids().length).toBeLessThanOrEqual(10);
  }),
);

rootTest("memory past the limit ends in SIGKILL, counted as out of memory", () =>
  inCgroup(both, { resources: { memory: { limit: 24 * MiB, swap: 24 * MiB } } }, async (it) => {
    // without a line feed in its input, tail keeps all of it
    expect(await it.run("head -c 100000000 /dev/zero | tail >$folder/never; exit $?")).toBe(137);
    expect(it.cgroup.oomKilled).toBe(true);
    expect(it.file("memory.max") ?? it.file("memory.limit_in_bytes")).toBe(String(24 * MiB));
  }),
);

rootTest("a SIGKILL from somebody else is not counted as out of memory", () =>
  inCgroup(both, { resources: { memory: { limit: 24 * MiB, swap: 24 * MiB } } }, async (it) => {
    expect(await it.run("kill -KILL $$")).toBe(137);
    expect(it.cgroup.oomKilled).toBe(false);
  }),
);

rootTest("a quota of a tenth gives about a tenth of a CPU, and the process waits for the rest", () =>
  inCgroup(both, { resources: { cpu: { quota: 10_000, period: 100_000 } } }, async (it) => {
    await it.start("while :; do :; done");
    const [before, start] = [cpuOf(it), performance.now()];
    const waited = (): number => cpuOf(it).waited - before.waited;
    await waitUntil(
      () => waited() >= 15,
      30_000,
      () => `throttled only ${waited()} times`,
    );
    const used = cpuOf(it).used - before.used;
    // what it gets at most is certain; a busy machine may give it less
    expect(used / (performance.now() - start)).toBeLessThan(0.13);
    expect(used / (15 * 100)).toBeGreaterThan(0.05);
  }),
);

/** Periods in which it had to wait, and milliseconds of CPU time that it has used. */
function cpuOf(it: Grouped): { waited: number; used: number } {
  const stat = parseFlatKeyed(it.cgroup.read("cpu", "cpu.stat") ?? "");
  const microseconds = stat.get("usage_usec") ?? Number(it.file("cpuacct.usage")) / 1000;
  return { waited: stat.get("nr_throttled") ?? 0, used: microseconds / 1000 };
}

/** Docker's: any node may be made, only these opened. */
const devices: DeviceRule[] = [
  { allow: false, access: "rwm" },
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 1, minor: 5, access: "r" },
  { allow: true, type: "c", major: 136, access: "rwm" },
];

rootTest("a device that is not listed can be made, and opening it fails with EPERM", () =>
  inCgroup(both, { resources: { devices } }, async (it) => {
    const code = await it.run(`
      cd $folder
      mknod null c 1 3 && echo x >null && echo "null: open"
      mknod zero c 1 5 && head -c 1 zero | od -An -tx1
      mknod kmsg c 1 11 && echo "kmsg: made"
      mknod disk b 7 77 && echo "disk: made"
      head -c 1 kmsg
      head -c 1 disk
      true >zero
      exit 0`);
    expect({ code, output: it.output.split("\n").map((line) => line.trim()) }).toMatchObject({ code: 0 });
    expect(it.output).toContain("null: open");
    expect(it.output).toContain(" 00\n");
    expect(it.output).toContain("kmsg: made\ndisk: made");
    expect(it.output).toMatch(/'kmsg'.*Operation not permitted/);
    expect(it.output).toMatch(/'disk'.*Operation not permitted/);
    expect(it.output).toMatch(/cannot create zero: Operation not permitted/);
  }),
);

rootTest("a cgroup namespace shows / where the host sees the path", () =>
  inCgroup(both, {}, async (it) => {
    const joined = [...it.view.cgroups.values()].filter((path) => path.startsWith("/minidocker/test-"));
    expect(joined.length).toBeGreaterThan(0);
    expect(await it.run("cat /proc/self/cgroup")).toBe(0);
    expect(it.output).not.toContain("minidocker");
    expect(it.output).toContain(":/\n");
  }),
);

rootTest("without a cgroup namespace the process reads its path on the host", () =>
  inCgroup(both, { namespaces: [] }, async (it) => {
    expect(await it.run("cat /proc/self/cgroup")).toBe(0);
    expect(it.output).toContain(":/minidocker/test-");
  }),
);

const stubborn = `
  trap "" TERM INT HUP
  mkfifo $folder/never
  for i in $(seq 200); do read line <$folder/never & done
  echo ready
  wait`;

async function untilWritten(it: Grouped, text: string): Promise<void> {
  await waitUntil(
    () => it.output.includes(text),
    30_000,
    () => `never written: ${text}; but: ${it.output}`,
  );
}

function gone(it: Grouped): boolean {
  return [...it.cgroup.folders.values()].every((folder) => !existsSync(folder));
}

rootTest("taking the cgroup back ends 200 processes that ignore SIGTERM, and leaves no folder", () =>
  inCgroup(both, { namespaces: ["pid", "cgroup"] }, async (it) => {
    await it.start(stubborn);
    await untilWritten(it, "ready");
    expect(it.cgroup.pids().length).toBeGreaterThan(200);
    await it.remove();
    expect(gone(it)).toBe(true);
    expect(it.cgroup.pids()).toEqual([]);
    expect(await it.exit()).toBe(137);
    await it.remove();
  }),
);

rootTest("cgroups that the process made below its own are taken back with it", () =>
  inCgroup(both, { namespaces: [] }, async (it) => {
    const folders = [...new Set(it.cgroup.folders.values())];
    await it.start(`for it in ${folders.join(" ")}; do mkdir -p $it/a/b $it/c; done; echo ready; sleep 100`);
    await untilWritten(it, "ready");
    expect(existsSync(`${folders[0]}/a/b`)).toBe(true);
    await it.remove();
    expect(gone(it)).toBe(true);
  }),
);

rootTest("a frozen cgroup can be taken back", () =>
  inCgroup(both, { namespaces: [] }, async (it) => {
    await it.start("echo ready; sleep 100");
    await untilWritten(it, "ready");
    await freeze(it.cgroup);
    await it.remove();
    expect(gone(it)).toBe(true);
  }),
);

rootTest("a cgroup that exists is left to its owner", async () => {
  const { folders } = CgroupPlace.of(facts, `test-${process.pid}-taken`);
  const folder = folders.get("pids") ?? folders.get("unified") ?? "";
  mkdirSync(folder, { recursive: true });
  try {
    const second = inCgroup(both, { path: `test-${process.pid}-taken` }, () => {});
    expect(second).rejects.toThrow(`${folder} exists`);
    await second.catch(() => {});
    expect(existsSync(folder)).toBe(true);
  } finally {
    rmdirSync(folder);
    removeIfEmpty(dirname(folder));
  }
});

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // somebody else has a container
  }
}

rootTest("a second process joins a cgroup as it is, limits included", () =>
  inCgroup(both, { resources: { pids: { limit: 5 } } }, async (first) => {
    const join = [...first.view.cgroupFolders.values()];
    await inCgroup(both, { namespaces: [], join }, async (second) => {
      expect(second.context.intents).toEqual([]);
      expect(await second.run("cat /proc/self/cgroup; for i in 1 2 3 4 5 6; do sleep 1 & done")).toBe(2);
      expect(second.output).toContain(first.context.spec.linux.cgroupsPath as string);
      expect(second.output).toMatch(/fork/i);
    });
    expect(first.cgroup.exists).toBe(true);
  }),
);

rootTest("verify tells a limited process from one in the cgroup of its parent", () => {
  const resources = { memory: { limit: 64 * MiB }, cpu: { quota: 50_000 }, pids: { limit: 64 }, devices };
  return inCgroup(both, { resources }, (it) => {
    const verdicts = Object.fromEntries(cgroups.verify(it.view).map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toEqual({
      "cgroups.own": "yes",
      "cgroups.memory": "yes",
      "cgroups.cpu": "yes",
      "cgroups.pids": "yes",
      "cgroups.devices": "yes",
      "cgroups.namespace": "yes",
    });
    expect(new Set(cgroups.verify(new View(process.pid)).map((check) => check.verdict))).toEqual(new Set(["no"]));
  });
});

rootTest("a cgroup without limits is its own all the same", () =>
  inCgroup(both, { namespaces: [] }, (it) => {
    const checks = Object.fromEntries(cgroups.verify(it.view).map(({ id, verdict }) => [id, verdict]));
    expect(cgroups.verify(it.view).find(({ id }) => id === "cgroups.cpu")?.saw).toMatch(
      /^cpu\.(max|cfs_quota_us): no limit$/,
    );
    expect(checks).toMatchObject({
      "cgroups.own": "yes",
      "cgroups.memory": "no",
      "cgroups.devices": "no",
      "cgroups.namespace": "no",
    });
  }),
);

rootTest("a limit that the kernel refuses is an error that names the option", async () => {
  const failing = inCgroup(both, { resources: { cpu: { cpus: "4000" } } }, () => {});
  expect(failing).rejects.toThrow("--cpuset-cpus");
  await failing.catch(() => {});
});

rootTest("a path has as many levels as it says, and takes back those that are empty", () =>
  inCgroup(both, { path: `test-${process.pid}/pod/web`, resources: { pids: { limit: 7 } } }, async (it) => {
    expect(it.file("pids.max")).toBe("7");
    await it.remove();
    const [folder = ""] = it.cgroup.folders.values();
    expect(existsSync(folder.replace("/pod/web", ""))).toBe(false);
  }),
);
