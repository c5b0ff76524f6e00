// Which files the cgroups layer writes for which limits.

import { describe, expect, test } from "bun:test";
import { parseFlatKeyed, parseLimit } from "../../src/abi/cgroup.ts";
import { runOptions } from "../../src/cli/run-options.ts";
import { checkResources, limitNames } from "../../src/layers/cgroups/limits.ts";
import { settingsV1 } from "../../src/layers/cgroups/v1.ts";
import { settingsV2, weightFromShares } from "../../src/layers/cgroups/v2.ts";

const MiB = 1024 * 1024;
const written = (list: readonly { file: string; value: string }[]) => list.map(({ file, value }) => `${file} ${value}`);

describe("limits in v2", () => {
  test("swap is counted alone: OCI's memory plus swap, less memory", () => {
    const memory = { limit: 64 * MiB, swap: 96 * MiB, reservation: 32 * MiB };
    expect(written(settingsV2({ memory }))).toEqual([
      "memory.max 67108864",
      "memory.swap.max 33554432",
      "memory.low 33554432",
    ]);
    expect(written(settingsV2({ memory: { limit: MiB, swap: MiB } }))).toContain("memory.swap.max 0");
    expect(written(settingsV2({ memory: { limit: MiB, swap: -1 } }))).toContain("memory.swap.max max");
  });

  test("no limit is written as max, and what was not asked for is not written", () => {
    expect(written(settingsV2({ memory: { limit: -1 }, pids: { limit: -1 }, cpu: { quota: -1 } }))).toEqual([
      "memory.max max",
      "cpu.max max",
      "pids.max max",
    ]);
    expect(settingsV2({ memory: {}, cpu: {} })).toEqual([]);
  });

  test("a quota and its period share one file", () => {
    expect(written(settingsV2({ cpu: { quota: 50_000, period: 100_000 } }))).toEqual(["cpu.max 50000 100000"]);
    expect(written(settingsV2({ cpu: { period: 50_000 } }))).toEqual(["cpu.max max 50000"]);
  });

  test("the usual shares become the usual weight, and the ends meet the ends", () => {
    expect([2, 1024, 262_144].map(weightFromShares)).toEqual([1, 100, 10_000]);
    expect([512, 2048].map(weightFromShares)).toEqual([59, 174]);
  });

  test("files are passed through, a line at a time; those that are no limits are refused", () => {
    const unified = { "memory.oom.group": "1", "io.max": "8:0 rbps=1048576\n8:16 rbps=1048576" };
    expect(written(settingsV2({ unified }))).toEqual([
      "memory.oom.group 1",
      "io.max 8:0 rbps=1048576",
      "io.max 8:16 rbps=1048576",
    ]);
    for (const file of ["cgroup.procs", "cgroup.kill", "../memory.max", "memory", "a/b.c", ""]) {
      expect(() => settingsV2({ unified: { [file]: "1" } })).toThrow(`linux.resources.unified["${file}"]`);
    }
  });
});

test("a limit's name has the options of run in it, as they are called there", () => {
  const options = runOptions.map(({ long }) => `--${long}`);
  const named = Object.values(limitNames).flatMap((it) => it.match(/--[a-z-]+/g) ?? []);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((it) => !options.includes(it as (typeof options)[number]))).toEqual([]);
});

describe("limits in v1", () => {
  test("memory is set before memory plus swap, which may never be less", () => {
    expect(written(settingsV1({ memory: { limit: 64 * MiB, swap: 96 * MiB, reservation: MiB } }))).toEqual([
      "memory.limit_in_bytes 67108864",
      "memory.memsw.limit_in_bytes 100663296",
      "memory.soft_limit_in_bytes 1048576",
    ]);
  });

  test("every CPU setting has its own file and the right tree", () => {
    const cpu = { shares: 512, quota: 25_000, period: 50_000, cpus: "0-1", mems: "0" };
    expect(settingsV1({ cpu }).map((it) => `${it.controller}/${it.file} ${it.value}`)).toEqual([
      "cpu/cpu.shares 512",
      "cpu/cpu.cfs_period_us 50000",
      "cpu/cpu.cfs_quota_us 25000",
      "cpuset/cpuset.cpus 0-1",
      "cpuset/cpuset.mems 0",
    ]);
  });

  test("files of v2 are refused", () => {
    expect(() => settingsV1({ unified: { "memory.high": "1" } })).toThrow("linux.resources.unified");
  });
});

describe("resources that no kernel takes", () => {
  const cases: [string, Parameters<typeof checkResources>[0], string][] = [
    ["swap without memory", { memory: { swap: MiB } }, "linux.resources.memory.swap needs"],
    ["less memory plus swap than memory", { memory: { limit: 2 * MiB, swap: MiB } }, "is less than the memory limit"],
    ["a period of half a millisecond", { cpu: { period: 500 } }, "linux.resources.cpu.period"],
    ["a quota of half a millisecond", { cpu: { quota: 500 } }, "linux.resources.cpu.quota"],
  ];
  for (const [name, resources, message] of cases) {
    test(name, () => expect(() => checkResources(resources)).toThrow(message));
  }
});

test("a limit that is none is undefined: max, -1, and v1's largest number", () => {
  expect(["max\n", "-1\n", "9223372036854771712\n", "67108864\n", "0\n"].map(parseLimit)).toEqual([
    undefined,
    undefined,
    undefined,
    67_108_864,
    0,
  ]);
});

test("a flat keyed file is read by name, other lines are left out", () => {
  expect([...parseFlatKeyed("low 0\noom_kill 2\nsome avg10=0.00 total=1\n")]).toEqual([
    ["low", 0],
    ["oom_kill", 2],
  ]);
});
