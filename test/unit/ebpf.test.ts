// The device program, asked without a kernel: for every device and access it must say what the rules say.

import { describe, expect, test } from "bun:test";
import {
  BPF_DEVCG_DEV_BLOCK,
  BPF_DEVCG_DEV_CHAR,
  bpfCgroupDevCtx,
  disassemble,
  encode,
  interpret,
  BPF_DEVCG_ACC_MKNOD as M,
  BPF_DEVCG_ACC_READ as R,
  BPF_DEVCG_ACC_WRITE as W,
} from "../../src/abi/ebpf.ts";
import type { DeviceRule } from "../../src/core/spec.ts";
import { deviceProgram, deviceWrites } from "../../src/layers/cgroups/devices.ts";

function ask(rules: readonly DeviceRule[], type: "c" | "b", major: number, minor: number, access: number): boolean {
  const kind = type === "c" ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
  const input = bpfCgroupDevCtx.encode({ access_type: (access << 16) | kind, major, minor });
  return interpret(deviceProgram(rules), input) === 1;
}

/** The same answer without a program: each kind of access is decided by the last rule that speaks of it. */
function model(rules: readonly DeviceRule[], type: "c" | "b", major: number, minor: number, access: number): boolean {
  return [..."mrw"].every((letter, bit) => {
    if ((access & (1 << bit)) === 0) return true;
    const last = rules.findLast((rule) => {
      if (rule.type === undefined || rule.type === "a") return true;
      const fits = rule.type === type && (rule.major ?? major) === major && (rule.minor ?? minor) === minor;
      return fits && (rule.access ?? "rwm").includes(letter);
    });
    return last?.allow ?? false;
  });
}

const dockers: DeviceRule[] = [
  { allow: false, access: "rwm" },
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  { allow: true, type: "c", major: 136, access: "rwm" },
];

describe("the device program", () => {
  test("lets any node be made, and only listed ones be opened", () => {
    expect(ask(dockers, "b", 8, 0, M)).toBe(true);
    expect(ask(dockers, "b", 8, 0, R)).toBe(false);
    expect(ask(dockers, "c", 1, 3, R | W)).toBe(true);
    expect(ask(dockers, "c", 1, 11, R)).toBe(false);
    expect(ask(dockers, "c", 136, 7, R | W)).toBe(true);
    expect(ask(dockers, "b", 136, 7, R)).toBe(false);
  });

  test("adds up permissions: reading by one rule and writing by another is reading and writing", () => {
    const rules: DeviceRule[] = [
      { allow: true, type: "c", major: 5, minor: 1, access: "r" },
      { allow: true, type: "c", major: 5, minor: 1, access: "w" },
    ];
    expect(ask(rules, "c", 5, 1, R | W)).toBe(true);
    expect(ask(rules, "c", 5, 1, R | M)).toBe(false);
  });

  test("lets the last rule win", () => {
    const rules: DeviceRule[] = [{ allow: true }, { allow: false, type: "c", major: 1, minor: 3, access: "w" }];
    expect(ask(rules, "c", 1, 3, R)).toBe(true);
    expect(ask(rules, "c", 1, 3, R | W)).toBe(false);
    expect(ask([...rules].reverse(), "c", 1, 3, W)).toBe(true);
  });

  test("denies what no rule speaks of", () => {
    expect(ask([], "c", 1, 3, R)).toBe(false);
  });

  test("says what the rules say, for a thousand random lists", () => {
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
    for (let round = 0; round < 1000; round++) {
      const rules = Array.from({ length: random(8) }, (): DeviceRule => {
        const major = pick([undefined, 1, 2]);
        const minor = pick([undefined, 3, 4]);
        return {
          allow: random(2) === 0,
          type: pick(["a", "b", "c", "c"] as const),
          ...(major === undefined ? {} : { major }),
          ...(minor === undefined ? {} : { minor }),
          access: pick(["r", "w", "m", "rw", "rm", "rwm"]),
        };
      });
      const question = [pick(["c", "b"] as const), pick([1, 2]), pick([3, 4]), 1 + random(7)] as const;
      expect({ rules, question, answer: ask(rules, ...question) }).toEqual({
        rules,
        question,
        answer: model(rules, ...question),
      });
    }
  });

  test("has no instruction that cannot be reached", () => {
    const text = disassemble(deviceProgram([{ allow: false, type: "c", major: 1 }, { allow: true }]));
    expect(text).toEqual([
      "0: r3 = *(u32 *)(r1 +0)",
      "1: w2 = w3",
      "2: w2 &= 65535",
      "3: w3 >>= 16",
      "4: r4 = *(u32 *)(r1 +4)",
      "5: r5 = *(u32 *)(r1 +8)",
      "6: w0 = 1",
      "7: exit",
    ]);
  });

  test("is encoded as the kernel reads it: code, registers, offset, constant", () => {
    const bytes = encode(deviceProgram([{ allow: true, type: "c", major: 1, access: "m" }]));
    expect(Buffer.from(bytes.subarray(0, 16)).toString("hex")).toBe(`${"6113000000000000"}${"bc32000000000000"}`);
    // if w2 != 2 goto +5: to the exit that denies
    expect(Buffer.from(bytes.subarray(48, 56)).toString("hex")).toBe("5602050002000000");
  });
});

describe("the lists of v1", () => {
  test("begin by denying everything", () => {
    expect(deviceWrites(dockers).map(({ file, value }) => `${file} ${value}`)).toEqual([
      "devices.deny a",
      "devices.allow c *:* m",
      "devices.allow b *:* m",
      "devices.allow c 1:3 mrw",
      "devices.allow c 136:* mrw",
    ]);
    expect(deviceWrites(dockers.slice(3, 4))[0]).toEqual({ file: "devices.deny", value: "a" });
  });

  test("cannot have a hole in a permission, and say so", () => {
    const broad: DeviceRule = { allow: true, type: "c", major: 5, access: "rw" };
    expect(() => deviceWrites([broad, { allow: false, type: "c", major: 5, minor: 1, access: "w" }])).toThrow(
      "linux.resources.devices[1] takes back a part of an earlier rule",
    );
    expect(deviceWrites([broad, { ...broad, allow: false, access: "w" }]).at(-1)).toEqual({
      file: "devices.deny",
      value: "c 5:* w",
    });
  });

  test("an unknown letter is an error that names its place", () => {
    expect(() => deviceWrites([{ allow: true, access: "rx" }])).toThrow("linux.resources.devices[0].access");
  });
});
