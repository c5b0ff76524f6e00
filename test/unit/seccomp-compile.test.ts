// From profiles to programs: compiled filters say what the profile says, for every number and many arguments.

import { describe, expect, test } from "bun:test";
import { ENOSYS, EPERM } from "../../src/abi/errno.ts";
import * as abi from "../../src/abi/seccomp.ts";
import type { Seccomp, SeccompArgument, SeccompRule } from "../../src/core/spec.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { ALLOW, failWith, judge } from "../harness/filter.ts";

const allow = (names: string[], args?: SeccompArgument[]): SeccompRule => ({
  names,
  action: "SCMP_ACT_ALLOW",
  ...(args === undefined ? {} : { args }),
});

const deny: Seccomp = { defaultAction: "SCMP_ACT_ERRNO" };
const KILL = abi.SECCOMP_RET_KILL_PROCESS;

describe("names", () => {
  test("what is listed is allowed, everything else gets the default, up to the last number", () => {
    const program = compile({ ...deny, syscalls: [allow(["read", "close", "openat", "clone3"])] }, "x86_64");
    const listed = new Set([0, 3, 257, 435]);
    for (let nr = 0; nr < 1024; nr++) {
      expect([nr, judge(program, "x86_64", nr)]).toEqual([nr, listed.has(nr) ? ALLOW : failWith(EPERM)]);
    }
    for (const nr of [0x3fffffff, 0x80000000, 0xffffffff]) expect(judge(program, "x86_64", nr)).toBe(failWith(EPERM));
  });

  test("a name has each architecture's own number", () => {
    const profile: Seccomp = { ...deny, syscalls: [allow(["openat"])] };
    expect(judge(compile(profile, "x86_64"), "x86_64", 257)).toBe(ALLOW);
    expect(judge(compile(profile, "aarch64"), "aarch64", 56)).toBe(ALLOW);
    expect(judge(compile(profile, "aarch64"), "aarch64", 257)).toBe(failWith(EPERM));
  });

  test("a name that no table has is ignored, as runc does", () => {
    const program = compile({ ...deny, syscalls: [allow(["breakpoint", "read", "no_such_call"])] }, "x86_64");
    expect(judge(program, "x86_64", "read")).toBe(ALLOW);
  });

  test("a profile without rules is its default", () => {
    expect(judge(compile({ defaultAction: "SCMP_ACT_ALLOW" }, "x86_64"), "x86_64", "mount")).toBe(ALLOW);
    expect(judge(compile({ ...deny, syscalls: [] }, "aarch64"), "aarch64", "mount")).toBe(failWith(EPERM));
  });
});

describe("actions", () => {
  test.each([
    ["SCMP_ACT_ALLOW", 0x7fff0000],
    ["SCMP_ACT_LOG", 0x7ffc0000],
    ["SCMP_ACT_TRACE", 0x7ff00001],
    ["SCMP_ACT_ERRNO", 0x00050001],
    ["SCMP_ACT_TRAP", 0x00030000],
    ["SCMP_ACT_KILL", 0x00000000],
    ["SCMP_ACT_KILL_THREAD", 0x00000000],
    ["SCMP_ACT_KILL_PROCESS", 0x80000000],
  ])("%s", (action, value) => {
    const program = compile({ defaultAction: "SCMP_ACT_TRAP", syscalls: [{ names: ["read"], action }] }, "x86_64");
    expect(judge(program, "x86_64", "read")).toBe(value);
  });

  test("ERRNO and TRACE carry errnoRet; 0 is a value, too", () => {
    const rules = [
      { names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
      { names: ["write"], action: "SCMP_ACT_ERRNO", errnoRet: 0 },
      { names: ["open"], action: "SCMP_ACT_TRACE", errnoRet: 7 },
    ];
    const program = compile({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 4095, syscalls: rules }, "x86_64");
    const said = ["read", "write", "open", "close"].map((name) => judge(program, "x86_64", name));
    expect(said).toEqual([failWith(38), failWith(0), abi.SECCOMP_RET_TRACE | 7, failWith(4095)]);
  });
});

describe("architecture", () => {
  const permissive: Seccomp = { defaultAction: "SCMP_ACT_ALLOW" };

  test("an entry that the profile does not list kills the process, even if the default is to allow", () => {
    const program = compile(permissive, "x86_64");
    for (const entry of [abi.AUDIT_ARCH_I386, abi.AUDIT_ARCH_AARCH64, 0]) {
      expect(judge(program, "x86_64", "getpid", [], entry)).toBe(KILL);
    }
    expect(judge(compile(permissive, "aarch64"), "aarch64", "getpid", [], abi.AUDIT_ARCH_ARM)).toBe(KILL);
  });

  test("32-bit calls of a listed architecture are all denied", () => {
    const profile = { ...deny, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], syscalls: [allow(["read"])] };
    const program = compile(profile, "x86_64");
    expect(judge(program, "x86_64", 3, [], abi.AUDIT_ARCH_I386)).toBe(failWith(EPERM)); // its read
    expect(judge(program, "x86_64", 0, [], abi.AUDIT_ARCH_I386)).toBe(failWith(EPERM));
  });

  test("also where the default is to allow, or they would be a way around the filter", () => {
    const architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_X32"];
    const program = compile({ ...permissive, architectures }, "x86_64");
    expect(judge(program, "x86_64", 20, [], abi.AUDIT_ARCH_I386)).toBe(failWith(EPERM));
    expect(judge(program, "x86_64", 0x40000000 + 39)).toBe(failWith(EPERM));
    expect(judge(program, "x86_64", 39)).toBe(ALLOW);
  });

  test("the numbers of x32 are a foreign architecture's", () => {
    for (const profile of [permissive, deny]) {
      const program = compile(profile, "x86_64");
      for (const nr of [0x40000000, 0x40000001, 0x40000200, 0x7fffffff])
        expect(judge(program, "x86_64", nr)).toBe(KILL);
    }
  });

  test("the native one need not be listed, and machines that we cannot meet do no harm", () => {
    const program = compile({ ...deny, architectures: ["SCMP_ARCH_S390X"], syscalls: [allow(["read"])] }, "x86_64");
    expect(judge(program, "x86_64", "read")).toBe(ALLOW);
    expect(judge(program, "x86_64", "read", [], abi.AUDIT_ARCH_I386)).toBe(KILL);
  });
});

describe("several rules for one call", () => {
  const isOne: SeccompArgument = { index: 0, value: 1, op: "SCMP_CMP_EQ" };
  const refuse = (args?: SeccompArgument[]): SeccompRule => ({
    names: ["close"],
    action: "SCMP_ACT_ERRNO",
    errnoRet: ENOSYS,
    ...(args === undefined ? {} : { args }),
  });
  const say = (rules: SeccompRule[], args: number[]) =>
    judge(compile({ ...deny, syscalls: rules }, "x86_64"), "x86_64", "close", args);

  test("any of them may match", () => {
    const rules = [allow(["close"], [isOne]), allow(["close"], [{ index: 1, value: 5, op: "SCMP_CMP_GT" }])];
    expect(
      [
        [1, 0],
        [0, 6],
        [1, 6],
        [0, 5],
      ].map((args) => say(rules, args)),
    ).toEqual([ALLOW, ALLOW, ALLOW, failWith(EPERM)]);
  });

  test("the first that matches decides", () => {
    const rules = [refuse([isOne]), allow(["close"], [{ index: 0, value: 5, op: "SCMP_CMP_LT" }])];
    expect([1, 2, 5].map((it) => say(rules, [it]))).toEqual([failWith(ENOSYS), ALLOW, failWith(EPERM)]);
  });

  test("one without conditions wins over those with, as in libseccomp", () => {
    expect(say([allow(["close"], [isOne]), refuse()], [1])).toBe(failWith(ENOSYS));
    expect(say([refuse(), allow(["close"], [isOne])], [1])).toBe(failWith(ENOSYS));
  });

  test("of two without conditions, the first", () => {
    expect(say([refuse(), allow(["close"])], [])).toBe(failWith(ENOSYS));
    expect(say([allow(["close"]), refuse()], [])).toBe(ALLOW);
  });

  test("one that says what the default says adds nothing, as in runc", () => {
    const same: SeccompRule = { names: ["close"], action: "SCMP_ACT_ERRNO", errnoRet: EPERM };
    expect(say([same, allow(["close"])], [])).toBe(ALLOW);
  });

  test("the conditions of one rule must all hold", () => {
    const rules = [allow(["close"], [isOne, { index: 5, value: 7, op: "SCMP_CMP_EQ" }])];
    expect(say(rules, [1, 0, 0, 0, 0, 7])).toBe(ALLOW);
    expect(say(rules, [1, 0, 0, 0, 0, 8])).toBe(failWith(EPERM));
    expect(say(rules, [2, 0, 0, 0, 0, 7])).toBe(failWith(EPERM));
  });

  test("conditions on one and the same argument are alternatives, as in runc", () => {
    const rules = [allow(["close"], [isOne, { index: 0, value: 9, op: "SCMP_CMP_EQ" }])];
    expect([1, 9, 5].map((it) => say(rules, [it]))).toEqual([ALLOW, ALLOW, failWith(EPERM)]);
  });
});

describe("what is not understood is an error that names the JSON path", () => {
  const args = (it: unknown) => [{ names: ["read"], action: "SCMP_ACT_ALLOW", args: [it as SeccompArgument] }];
  const good: SeccompArgument = { index: 0, value: 1, op: "SCMP_CMP_EQ" };
  test.each<[string, Partial<Seccomp>]>([
    [
      'linux.seccomp.defaultAction: "ALLOW" is not a known action; there are: SCMP_ACT_KILL',
      { defaultAction: "ALLOW" },
    ],
    ['linux.seccomp.defaultAction: "constructor" is not a known action', { defaultAction: "constructor" }],
    ["linux.seccomp.defaultErrnoRet: 4096 is no errno (0 to 4095)", { defaultErrnoRet: 4096 }],
    ['linux.seccomp.architectures[1]: "x86" is not a known architecture', { architectures: ["SCMP_ARCH_X86", "x86"] }],
    [
      'linux.seccomp.syscalls[1].action: "" is not a known action',
      { syscalls: [allow(["a"]), { names: [], action: "" }] },
    ],
    [
      "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY needs a supervisor",
      { syscalls: [{ names: ["read"], action: "SCMP_ACT_NOTIFY" }] },
    ],
    [
      "linux.seccomp.syscalls[0].errnoRet: -1 is no errno",
      { syscalls: [{ names: [], action: "SCMP_ACT_ERRNO", errnoRet: -1 }] },
    ],
    ['linux.seccomp.syscalls[0].args[0].op: "==" is not a known comparison', { syscalls: args({ ...good, op: "==" }) }],
    [
      "linux.seccomp.syscalls[0].args[0].index: 6, but the arguments of a call are 0 to 5",
      { syscalls: args({ ...good, index: 6 }) },
    ],
    ["linux.seccomp.syscalls[0].args[0].value: -1 is not a whole number", { syscalls: args({ ...good, value: -1 }) }],
    [
      "linux.seccomp.syscalls[0].args[0].value: 18446744073709552000 is not a whole number",
      { syscalls: args({ ...good, value: 2 ** 64 }) },
    ],
    [
      "linux.seccomp.syscalls[0].args[0].valueTwo: 0.5 is not",
      { syscalls: args({ ...good, op: "SCMP_CMP_MASKED_EQ", valueTwo: 0.5 }) },
    ],
  ])("%s", (message, change) => {
    expect(() => compile({ ...deny, ...change }, "x86_64")).toThrow(message);
  });

  test("a program that is too long for the kernel", () => {
    const rules = Array.from({ length: 1500 }, (_, i) => allow(["read"], [{ index: 0, value: i, op: "SCMP_CMP_NE" }]));
    expect(() => compile({ ...deny, syscalls: rules }, "x86_64")).toThrow(
      "linux.seccomp.syscalls: more than 4096 instructions: the kernel takes no more",
    );
  });
});
