// Profiles from files: OCI's form and Docker's.

import { describe, expect, test } from "bun:test";
import { readProfile } from "../../src/layers/seccomp/read.ts";

function read(value: unknown, capabilities: string[] = [], kernel?: { major: number; minor: number }) {
  return readProfile(JSON.stringify(value), capabilities, "x86_64", kernel);
}

const base = { defaultAction: "SCMP_ACT_ERRNO" };
const rule = { names: ["mount"], action: "SCMP_ACT_ALLOW" };

describe("OCI's form", () => {
  test("comes out as it went in", () => {
    const profile = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [
        { names: ["read", "write"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["socket"],
          action: "SCMP_ACT_ERRNO",
          errnoRet: 1,
          args: [{ index: 0, value: 40, valueTwo: 0, op: "SCMP_CMP_EQ" }],
        },
      ],
    };
    expect(read(profile)).toEqual(profile as ReturnType<typeof read>);
  });

  test("lists that Go writes as null are absent", () => {
    expect(read({ ...base, architectures: null, flags: null, syscalls: [{ ...rule, args: null }] })).toEqual({
      ...base,
      syscalls: [rule],
    });
  });
});

describe("Docker's form", () => {
  const names = (profile: ReturnType<typeof read>) => profile.syscalls?.flatMap((it) => it.names);

  test("includes.caps: all of them are needed", () => {
    const value = { ...base, syscalls: [{ ...rule, includes: { caps: ["CAP_SYS_ADMIN", "CAP_BPF"] } }] };
    expect(names(read(value, ["CAP_SYS_ADMIN", "CAP_BPF"]))).toEqual(["mount"]);
    expect(names(read(value, ["CAP_SYS_ADMIN"]))).toEqual([]);
  });

  test("excludes.caps: one of them is enough", () => {
    const value = { ...base, syscalls: [{ ...rule, excludes: { caps: ["CAP_SYS_ADMIN", "CAP_BPF"] } }] };
    expect(names(read(value, ["CAP_BPF"]))).toEqual([]);
    expect(names(read(value, ["CAP_CHOWN"]))).toEqual(["mount"]);
  });

  test("arches are named as Go names them", () => {
    const value = {
      ...base,
      syscalls: [
        { ...rule, includes: { arches: ["amd64", "x32"] } },
        { ...rule, names: ["read"], excludes: { arches: ["amd64"] } },
      ],
    };
    expect(names(read(value))).toEqual(["mount"]);
    expect(names(readProfile(JSON.stringify(value), [], "aarch64"))).toEqual(["read"]);
  });

  test("minKernel compares versions, not decimal numbers", () => {
    const value = {
      ...base,
      syscalls: [
        { ...rule, includes: { minKernel: "4.8" } },
        { ...rule, names: ["read"], excludes: { minKernel: "4.8" } },
      ],
    };
    expect(names(read(value, [], { major: 4, minor: 18 }))).toEqual(["mount"]);
    expect(names(read(value, [], { major: 4, minor: 7 }))).toEqual(["read"]);
    expect(names(read(value))).toEqual(["mount"]);
  });

  test("archMap: the native architecture with its smaller siblings", () => {
    const archMap = [
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: null },
    ];
    expect(read({ ...base, archMap }).architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
    expect(readProfile(JSON.stringify({ ...base, archMap }), [], "aarch64").architectures).toEqual([
      "SCMP_ARCH_AARCH64",
    ]);
  });

  test("a rule of old has one name, comments are left out, and errnos may have names", () => {
    const value = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrno: "ENOSYS",
      syscalls: [{ name: "mount", action: "SCMP_ACT_ERRNO", errno: "EPERM", comment: "no" }],
    };
    expect(read(value)).toEqual({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38,
      syscalls: [{ names: ["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
    });
  });
});

describe("what is wrong is named by its path", () => {
  const argument = { index: 0, value: 1, op: "SCMP_CMP_EQ" };
  const withArgument = (it: object) => ({
    ...base,
    syscalls: [rule, { ...rule, args: [argument, { ...argument, ...it }] }],
  });
  test.each<[string, unknown]>([
    ["the file: an object is needed here", []],
    ["defaultAction: is missing", { defaultActon: "SCMP_ACT_ALLOW" }],
    ["defaultAction: a non-empty string is needed here", { defaultAction: 5 }],
    ['defaultAction: "ALLOW" is not a known action', { defaultAction: "ALLOW" }],
    ['defaultErrno: "ENOPE" is not a known errno', { ...base, defaultErrno: "ENOPE" }],
    ["syscall: is not known here", { ...base, syscall: [] }],
    ["listenerPath: is not known here", { ...base, listenerPath: "/run/agent.sock" }],
    ["syscalls: a list is needed here", { ...base, syscalls: {} }],
    ["syscalls[1]: an object is needed here", { ...base, syscalls: [rule, "mount"] }],
    ["syscalls[0].names: is missing", { ...base, syscalls: [{ action: "SCMP_ACT_ALLOW" }] }],
    ["syscalls[0].names[1]: a non-empty string is needed here", { ...base, syscalls: [{ ...rule, names: ["a", ""] }] }],
    ["syscalls[0].agrs: is not known here", { ...base, syscalls: [{ ...rule, agrs: [] }] }],
    [
      'syscalls[1].action: "SCMP_ACT_NO" is not a known action',
      { ...base, syscalls: [rule, { ...rule, action: "SCMP_ACT_NO" }] },
    ],
    ["syscalls[1].args[1].op: ", withArgument({ op: "SCMP_CMP_XX" })],
    ["syscalls[1].args[1].index: 6, but", withArgument({ index: 6 })],
    ["syscalls[1].args[1].value: a number is needed here", withArgument({ value: "1" })],
    [
      "syscalls[0].includes.minKernel: a kernel version",
      { ...base, syscalls: [{ ...rule, includes: { minKernel: "4" } }] },
    ],
    ["syscalls[0].excludes.cap: is not known here", { ...base, syscalls: [{ ...rule, excludes: { cap: [] } }] }],
    ['architectures[0]: "amd64" is not a known architecture', { ...base, architectures: ["amd64"] }],
    ["archMap: use either this or architectures", { ...base, architectures: [], archMap: [] }],
    ['flags[1]: "X" is not a known flag', { ...base, flags: ["SECCOMP_FILTER_FLAG_LOG", "X"] }],
  ])("%s", (message, value) => {
    expect(() => read(value)).toThrow(message);
  });

  test("a rule that does not apply here is checked all the same", () => {
    const wrong = { ...rule, action: "SCMP_ACT_NO", includes: { caps: ["CAP_BPF"] } };
    expect(() => read({ ...base, syscalls: [rule, wrong] })).toThrow('syscalls[1].action: "SCMP_ACT_NO"');
  });

  test("a file that is not JSON", () => {
    expect(() => readProfile("{", [], "x86_64")).toThrow("not JSON: ");
  });

  test("a number that JSON cannot hold exactly is refused, not rounded", () => {
    const text =
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}';
    expect(() => readProfile(text, [], "x86_64")).toThrow("syscalls[0].args[0].value: 18446744073709552000 is not");
  });
});
