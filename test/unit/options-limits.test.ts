// Limits on the command line: sizes, processors, limits of processes, kernel settings.

import { describe, expect, test } from "bun:test";
import { type Processors, parseCpuList, readCpu } from "../../src/engine/options/cpu.ts";
import { parseBytes, readMemory } from "../../src/engine/options/memory.ts";
import { parseSysctl } from "../../src/engine/options/sysctl.ts";
import { parseUlimit } from "../../src/engine/options/ulimit.ts";
import { option } from "../../src/engine/options/value.ts";
import { refuses } from "./options.ts";

const MiB = 1024 * 1024;

describe("sizes", () => {
  test("units are powers of 1024, in any case, with or without B or iB", () => {
    const texts = ["64m", "64M", "64mb", "64MiB", "65536k", "67108864", "67108864b", "0.0625g"];
    expect(texts.map(parseBytes)).toEqual(texts.map(() => 64 * MiB));
  });

  test("512K are 524288 bytes, not 0", () => {
    expect(parseBytes("512K")).toBe(524_288);
  });

  test("what is no size is refused", () => {
    for (const text of ["", "m", "-1", "64x", "6 4m", "0x40", "1e9", "64mm", "NaN"]) {
      expect(() => parseBytes(text), text).toThrow("not a size");
    }
    expect(() => parseBytes("999999999p")).toThrow("more memory than there is");
  });
});

describe("--memory", () => {
  const read = (memory?: string, swap?: string, reservation?: string) => readMemory({ memory, swap, reservation });

  test("limits swap too, unless --memory-swap says otherwise", () => {
    expect(read("64m")).toEqual({ limit: 64 * MiB, swap: 64 * MiB });
    expect(read("64m", "128m")).toEqual({ limit: 64 * MiB, swap: 128 * MiB });
    expect(read("64m", "-1")).toEqual({ limit: 64 * MiB, swap: -1 });
    expect(read("64m", "0")).toEqual({ limit: 64 * MiB, swap: 64 * MiB });
  });

  test("below 6 MiB is refused, and 0 is no limit", () => {
    expect(() => read("512K")).toThrow("--memory 512K: the minimum is 6m");
    expect(() => read("6291455")).toThrow("the minimum is 6m");
    expect(read("6m")?.limit).toBe(6 * MiB);
    expect(read("0")).toBeUndefined();
  });

  test("limits that contradict each other are refused", () => {
    expect(() => read(undefined, "1g")).toThrow("--memory-swap limits memory and swap together, so it needs --memory");
    expect(() => read("64m", "32m")).toThrow("cannot be less than --memory 64m");
    expect(() => read("64m", undefined, "128m")).toThrow("--memory-reservation 128m is more than --memory 64m");
  });

  test("a reservation needs no limit", () => {
    expect(read(undefined, undefined, "32m")).toEqual({ reservation: 32 * MiB });
  });
});

describe("processors", () => {
  const two: Processors = { count: 2, online: "0-1" };
  const cpu = (texts: { cpus?: string; percent?: string; shares?: string; set?: string }) =>
    readCpu({ cpus: undefined, percent: undefined, shares: undefined, set: undefined, ...texts }, () => two);

  test("--cpus 0.25 is a quota of 25 ms in each 100", () => {
    expect(cpu({ cpus: "0.25" })).toEqual({ quota: 25_000, period: 100_000 });
    expect(cpu({ cpus: ".5" })?.quota).toBe(50_000);
    expect(cpu({ cpus: "2" })?.quota).toBe(200_000);
    expect(cpu({ cpus: "0.29" })?.quota).toBe(29_000);
    expect(cpu({ cpus: "0" })).toBeUndefined();
  });

  test("--cpu 25 is 25 percent of one processor", () => {
    expect(cpu({ percent: "25" })).toEqual({ quota: 25_000, period: 100_000 });
    expect(cpu({ percent: "150%" })?.quota).toBe(150_000);
  });

  test("more than the machine has, or less than the kernel counts, is refused in Docker's words", () => {
    const range = "the range is from 0.01 to 2.00, as there are only 2 CPUs available";
    expect(() => cpu({ cpus: "3" })).toThrow(`--cpus 3: ${range}`);
    expect(() => cpu({ cpus: "0.001" })).toThrow(range);
    expect(() => cpu({ percent: "201" })).toThrow("from 1 to 200 percent");
    expect(() => cpu({ cpus: "1", percent: "50" })).toThrow("--cpus and --cpu say the same thing");
    for (const cpus of ["x", "-1", "", "1.2.3", "."])
      expect(() => cpu({ cpus }), cpus).toThrow("not a number of processors");
  });

  test("lists may have ranges", () => {
    expect(parseCpuList("0-2,5,1")).toEqual([0, 1, 2, 5]);
    for (const text of ["", "a", "2-1", "1-", "-1", "0,,1"])
      expect(() => parseCpuList(text), text).toThrow("not a list");
  });

  test("--cpuset-cpus names processors that are there", () => {
    expect(cpu({ set: "0-1" })).toEqual({ cpus: "0-1" });
    expect(() => cpu({ set: "0-3" })).toThrow("this machine has no processor 2, 3; it has 0-1");
  });

  test("--cpu-shares has the kernel's range", () => {
    expect(cpu({ shares: "512" })).toEqual({ shares: 512 });
    for (const shares of ["1", "262145", "-5"]) expect(() => cpu({ shares }), shares).toThrow("from 2 to 262144");
  });
});

describe("limits of a process", () => {
  test("--ulimit has a soft limit, and a hard one that is the same unless said otherwise", () => {
    expect(parseUlimit("nofile=1024:2048")).toEqual({ type: "RLIMIT_NOFILE", soft: 1024, hard: 2048 });
    expect(parseUlimit("nproc=64")).toEqual({ type: "RLIMIT_NPROC", soft: 64, hard: 64 });
    expect(parseUlimit("memlock=1:-1")).toEqual({ type: "RLIMIT_MEMLOCK", soft: 1, hard: -1 });
    refuses(parseUlimit, {
      "nofile=2:1": "above the hard one",
      "core=unlimited:1": "above the hard one",
      "files=1": "no limit is called files",
      nofile: "write NAME=SOFT",
      "nofile=x": "neither a whole number",
      "nofile=-2": "neither a whole number",
    });
  });
});

describe("--sysctl", () => {
  test("belongs to a namespace of the container", () => {
    expect(parseSysctl("net.core.somaxconn=1024")).toEqual({
      name: "net.core.somaxconn",
      value: "1024",
      namespace: "network",
    });
    expect(parseSysctl("kernel.shmmax=1").namespace).toBe("ipc");
    expect(parseSysctl("fs.mqueue.msg_max=10").namespace).toBe("ipc");
    expect(parseSysctl("net/ipv4/conf/eth0.100/forwarding=1").name).toBe("net.ipv4.conf.eth0/100.forwarding");
  });

  test("what is the whole machine's is refused, and so are ways out of /proc/sys", () => {
    refuses(parseSysctl, {
      "kernel.core_pattern=|/x": "whole machine's",
      "vm.swappiness=1": "whole machine's",
      "net...kernel.core_pattern=x": "not the name of a setting",
      "net.ipv4.=1": "not the name of a setting",
      "net./../../kernel/core_pattern=x": "not the name of a setting",
      "net/../kernel/core_pattern=x": "not the name of a setting",
      net: "write NAME=VALUE",
      "=1": "write NAME=VALUE",
    });
  });
});

test("an error names the option and the value, of which nothing reaches the terminal unescaped", () => {
  expect(() => option("--memory", "5x", parseBytes)).toThrow("--memory 5x: not a size");
  expect(() => option("--memory", "\x1b[31m", parseBytes)).toThrow('--memory "\\u001b[31m": not a size');
  expect(() => option("--env", "A=\0", (it) => it)).toThrow('--env "A=\\u0000": holds a NUL byte');
});
