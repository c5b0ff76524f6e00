// Filters, readable.

import { describe, expect, test } from "bun:test";
import { decode, interpret, successors } from "../../src/abi/bpf.ts";
import * as abi from "../../src/abi/seccomp.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { disassemble, showAction } from "../../src/layers/seccomp/disassemble.ts";
import { defaultProfile } from "../../src/layers/seccomp/profile.ts";
import { defaultCapabilities } from "../harness/filter.ts";

function list(...syscalls: { names: string[]; action: string; args?: object[] }[]): string[] {
  const profile = { defaultAction: "SCMP_ACT_ERRNO", architectures: ["SCMP_ARCH_X86"], syscalls } as Parameters<
    typeof compile
  >[0];
  return disassemble(compile(profile, "x86_64"), "x86_64")
    .split("\n")
    .map((it) => it.replace(/ {2,}/g, " ").trim());
}

describe("a listing", () => {
  test("names architectures, calls and what becomes of them", () => {
    expect(list({ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ALLOW" })).toEqual([
      "0 A = architecture",
      "1 A == AUDIT_ARCH_X86_64 then 3, else 2",
      "2 A == AUDIT_ARCH_I386 then ERRNO(EPERM), else KILL_PROCESS",
      "3 A = number",
      "4 A >= 258 mkdirat then 7, else 5",
      "5 A >= 83 mkdir then 6, else ERRNO(EPERM) (read … rename)",
      "6 A >= 84 rmdir then ERRNO(EPERM) (rmdir … openat), else ALLOW (mkdir)",
      "7 A >= 0x40000000 x32's first then 10, else 8",
      "8 A >= 259 mknodat then ERRNO(EPERM) (mknodat … file_setattr), else ALLOW (mkdirat)",
      "9 ALLOW",
      "10 A >= 0x80000000 then ERRNO(EPERM), else KILL_PROCESS",
      "11 KILL_PROCESS",
      "12 ERRNO(EPERM)",
    ]);
  });

  test("names arguments, and values where the kernel has names for them", () => {
    const lines = list(
      { names: ["clone"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 0x20000, op: "SCMP_CMP_MASKED_EQ" }] },
      { names: ["socket"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 40, op: "SCMP_CMP_NE" }] },
      { names: ["ioctl"], action: "SCMP_ACT_ALLOW", args: [{ index: 1, value: 0x5412, op: "SCMP_CMP_EQ" }] },
    ).map((it) => it.replace(/^\d+ /, ""));
    expect(lines).toContain("A = clone's flags, lower half");
    expect(lines).toContain("A & CLONE_NEWNS then ERRNO(EPERM), else ALLOW");
    expect(lines).toContain("A = socket's domain, upper half");
    expect(lines).toContain("A == 40 AF_VSOCK then ERRNO(EPERM), else ALLOW");
    expect(lines).toContain("A = ioctl's argument 1, lower half");
    expect(lines).toContain("A == 0x5412 then ALLOW, else ERRNO(EPERM)");
  });

  test("says where it was led astray: nothing", () => {
    const lines = disassemble(compile(defaultProfile(defaultCapabilities, "x86_64"), "x86_64"), "x86_64").split("\n");
    expect(lines.filter((it) => /undefined|NaN|\?|never reached/.test(it))).toEqual([]);
    expect(Math.max(...lines.map((it) => it.length))).toBeLessThan(140);
  });
});

test("what a line says of a call is what the filter does with it", () => {
  const program = compile(defaultProfile(defaultCapabilities, "aarch64"), "aarch64");
  const instructions = decode(program);
  const lines = disassemble(program, "aarch64").split("\n");
  for (let nr = 0; nr < 470; nr++) {
    const data = abi.seccompData.encode({ nr, arch: abi.AUDIT_ARCH_AARCH64 });
    const { value, path } = interpret(instructions, data);
    const last = path.at(-2) as number;
    const [yes] = successors(instructions[last] as (typeof instructions)[number], last);
    const [, then, otherwise] = / then (.*?), else (.*)$/.exec(lines[last] as string) as unknown as [
      string,
      string,
      string,
    ];
    expect(path.at(-1) === yes ? then : otherwise).toStartWith(showAction(value));
  }
});

test.each([
  [0x7fff0000, "ALLOW"],
  [0x80000000, "KILL_PROCESS"],
  [0, "KILL_THREAD"],
  [0x00050001, "ERRNO(EPERM)"],
  [0x00050026, "ERRNO(ENOSYS)"],
  [0x00050000, "ERRNO(0)"],
  [0x7ff00005, "TRACE(5)"],
  [0x7ffc0000, "LOG"],
])("0x%p is shown as %s", (value, text) => {
  expect(showAction(value)).toBe(text);
});
