// cgroup v1 only: a tree for each controller, with files of other names, and v2's tree beside them without controllers.

import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { findCgroups } from "../../src/core/cgroup-facts.ts";
import { freeze } from "../harness/freeze.ts";
import { inCgroup } from "../harness/grouped.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, skipUnless } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const both = stages();
const MiB = 1024 * 1024;
const facts = findCgroups();
const v1Test = skipUnless(isRoot && facts.version === "v1", "needs root, and a host that mounts cgroup v1", {
  expected: true,
});
const { unified, ...trees } = facts.parents;
const hybridTest = skipUnless(facts.version === "v1" && unified, "needs a hybrid host", { expected: true });

v1Test("each limit is a file in the tree of its controller", () => {
  const resources = {
    memory: { limit: 64 * MiB, swap: 96 * MiB, reservation: 32 * MiB },
    cpu: { quota: 25_000, period: 50_000, shares: 512, cpus: "0", mems: "0" },
    pids: { limit: 33 },
  };
  return inCgroup(both, { resources }, (it) => {
    const files = {
      "memory.limit_in_bytes": 64 * MiB,
      "memory.memsw.limit_in_bytes": 96 * MiB,
      "memory.soft_limit_in_bytes": 32 * MiB,
      "cpu.cfs_quota_us": 25_000,
      "cpu.cfs_period_us": 50_000,
      "cpu.shares": 512,
      "cpuset.cpus": 0,
      "cpuset.mems": 0,
      "pids.max": 33,
    };
    expect(Object.fromEntries(Object.keys(files).map((file) => [file, Number(it.file(file))]))).toEqual(files);
    expect(it.view.status("Cpus_allowed_list")).toBe("0");
  });
});

v1Test("a new cpuset is empty, and takes the CPUs and memory nodes of the one above", () =>
  inCgroup(both, { resources: { cpu: { cpus: "1" } } }, (it) => {
    expect(it.file("cpuset.mems")).toBe(readFileSync(`${trees["cpuset"]}/cpuset.mems`, "utf8").trim());
    const above = readFileSync(`${trees["cpuset"]}/minidocker/cpuset.cpus`, "utf8");
    expect(above).toBe(readFileSync(`${trees["cpuset"]}/cpuset.cpus`, "utf8"));
  }),
);

v1Test("the process is only in the trees that it needs", () =>
  inCgroup(both, {}, (it) => {
    expect([...it.cgroup.folders.keys()].toSorted()).toEqual(
      ["cpu", "cpuacct", "devices", "freezer", "memory", "pids", "unified"].filter((name) => name in facts.parents),
    );
    for (const folder of it.cgroup.folders.values()) {
      expect(readFileSync(`${folder}/cgroup.procs`, "utf8")).toBe(`${it.pid}\n`);
    }
  }),
);

v1Test("the device list holds what was allowed, after everything was denied", () => {
  const devices = [{ allow: false }, { allow: true, type: "c" as const, major: 1, minor: 3, access: "rw" }];
  return inCgroup(both, { resources: { devices } }, (it) => expect(it.file("devices.list")).toBe("c 1:3 rw"));
});

const unlisted = [{ allow: false }, { allow: true, type: "c" as const, major: 1, minor: 3, access: "rw" }];

hybridTest("without v1's devices controller, a program on v2's tree decides", () => {
  const { devices: _, ...parents } = facts.parents;
  return inCgroup(both, { facts: { ...facts, parents }, resources: { devices: unlisted } }, async (it) => {
    expect(it.view.devicePrograms).toBe(1);
    expect(await it.run("true </dev/null && cat /dev/zero")).toBe(1);
    expect(it.output).toContain("/dev/zero: Operation not permitted");
  });
});

v1Test("with neither there is no container, but in a user namespace, where no device can be made", async () => {
  const { devices: _, unified: __, ...parents } = facts.parents;
  const options = { facts: { ...facts, parents }, resources: { devices: unlisted } };
  await expect(inCgroup(both, options, () => {})).rejects.toThrow(
    /^cgroups: devices cannot be restricted.*neither v1's devices controller nor v2's tree.*--rootless.*--layers=-cgroups/,
  );
  await inCgroup(both, { ...options, namespaces: ["user"] }, async (it) => {
    expect(await it.run("mknod $folder/null c 1 3")).toBe(1);
    expect(it.output).toContain("Operation not permitted");
  });
});

v1Test("nor where there is no cgroup file system at all", async () => {
  const none = { version: "none", parents: {}, controllers: [] } as const;
  await expect(inCgroup(both, { facts: none, resources: { devices: unlisted } }, () => {})).rejects.toThrow(
    "devices cannot be restricted",
  );
});

hybridTest("without v2's tree, processes are frozen and killed one by one", () =>
  inCgroup(both, { facts: { ...facts, parents: trees }, namespaces: [] }, async (it) => {
    const freezer = it.cgroup.folders.get("freezer") as string;
    await it.start("trap '' TERM; mkfifo $folder/f; for i in $(seq 20); do read x <$folder/f & done; wait");
    await waitUntil(
      () => it.cgroup.pids().length === 21,
      10_000,
      () => `they do not start: ${it.output}`,
    );
    expect(existsSync(`${freezer}/cgroup.kill`)).toBe(false);
    await it.remove();
    expect(existsSync(freezer)).toBe(false);
    expect(await it.exit()).toBe(137);
  }),
);

hybridTest("without it, a frozen cgroup is killed as well", () =>
  inCgroup(both, { facts: { ...facts, parents: trees }, namespaces: [] }, async (it) => {
    await it.start("sleep 100 & sleep 100");
    await freeze(it.cgroup);
    expect(readFileSync(`${it.cgroup.folders.get("freezer")}/freezer.state`, "utf8")).toBe("FROZEN\n");
    it.cgroup.kill();
    expect(await it.exit()).toBe(137);
    await waitUntil(
      () => it.cgroup.pids().length === 0,
      5000,
      () => `left: ${it.cgroup.pids()}`,
    );
  }),
);

hybridTest("v2's tree has no controllers here, and kills and freezes all the same", () =>
  inCgroup(both, { namespaces: [] }, async (it) => {
    const folder = it.cgroup.folders.get("unified") as string;
    expect(readFileSync(`${folder}/cgroup.controllers`, "utf8").trim()).toBe("");
    expect(readdirSync(folder)).toContain("cgroup.kill");
    await it.start("sleep 100");
    await freeze(it.cgroup);
    expect(readFileSync(`${folder}/cgroup.events`, "utf8")).toContain("frozen 1");
    it.cgroup.kill();
    expect(await it.exit()).toBe(137);
  }),
);
