// The tables of system call numbers against the system's own headers.

import { describe, expect, test } from "bun:test";
import { type Arch, syscallNumbers } from "../../src/abi/syscalls.ts";
import { compiler, preprocessedMacros } from "../harness/headers.ts";
import { skipUnless } from "../harness/skip.ts";

const headerTest = skipUnless(compiler !== undefined, "needs a C compiler and Linux headers");
const x86 = process.arch === "x64";
const x86Test = x86 ? headerTest : skipUnless(false, "these headers are another architecture's", { expected: true });

/** How many there are, and where a range begins. */
const notCalls = new Set(["syscalls", "arch_specific_syscall"]);

/** `__NR_name` → number, as the header has it. */
function header(include: string, defines: readonly string[] = []): Map<string, number> {
  const macros = preprocessedMacros(include, defines);
  const resolve = (value: string): number =>
    /^\d+$/.test(value) ? Number(value) : resolve(macros.get(value) ?? "NaN");
  const rows = [...macros].flatMap(([name, value]): [string, number][] => {
    const call = /^__NR_(.+)$/.exec(name)?.[1];
    const number = call === undefined ? Number.NaN : resolve(value);
    return call === undefined || notCalls.has(call) || Number.isNaN(number) ? [] : [[call, number]];
  });
  return new Map(rows);
}

function compare(arch: Arch, found: ReadonlyMap<string, number>): void {
  const ours = syscallNumbers(arch);
  const [ourLast, theirLast] = [last(ours), last(found)];
  for (const [name, number] of found) {
    if (number <= ourLast) expect([name, ours.get(name)]).toEqual([name, number]);
  }
  const missing = [...ours].filter(([name]) => !found.has(name));
  expect(missing.filter(([name, number]) => number <= theirLast && !laterThan61.has(name))).toEqual([]);
  const [older, newer] = [missing, [...found].filter(([, number]) => number > ourLast)].map((list) =>
    list.map(([name, number]) => `${number} ${name}`).join(", "),
  );
  if (older !== "") console.info(`${arch}: not compared, newer than these headers: ${older}`);
  if (newer !== "") console.info(`${arch}: not compared, newer than our table: ${newer}`);
}

function last(numbers: ReadonlyMap<string, number>): number {
  return Math.max(...numbers.values());
}

/** Numbers that were left free in the middle of the table, and were given out later. */
const laterThan61 = new Set(["uretprobe", "uprobe"]);

describe("numbers", () => {
  x86Test("x86_64: those of <asm/unistd_64.h>, every one", () => {
    const found = header("asm/unistd_64.h");
    expect(found.size).toBeGreaterThan(350);
    compare("x86_64", found);
  });

  headerTest("aarch64: those of <asm-generic/unistd.h>, every one", () => {
    // What arch/arm64/include/uapi/asm/unistd.h asks for.
    const found = header("asm-generic/unistd.h", [
      "__ARCH_WANT_RENAMEAT",
      "__ARCH_WANT_NEW_STAT",
      "__ARCH_WANT_SET_GET_RLIMIT",
      "__ARCH_WANT_TIME32_SYSCALLS",
      "__ARCH_WANT_SYS_CLONE3",
      "__ARCH_WANT_MEMFD_SECRET",
      "__BITS_PER_LONG=64",
    ]);
    expect(found.size).toBeGreaterThan(290);
    compare("aarch64", found);
  });
});

describe("the tables", () => {
  test.each(["x86_64", "aarch64"] as const)("%s: no number twice", (arch) => {
    const numbers = [...syscallNumbers(arch).values()];
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("numbers from 424 on are the same on both architectures", () => {
    const shared = (arch: Arch) => [...syscallNumbers(arch)].filter(([, number]) => number >= 424);
    expect(shared("x86_64").length).toBeGreaterThan(40);
    expect(shared("x86_64")).toEqual(shared("aarch64"));
  });

  test("some that everybody knows", () => {
    const numbers = (arch: Arch) =>
      ["read", "write", "execve", "clone", "clone3", "seccomp"].map((it) => syscallNumbers(arch).get(it));
    expect(numbers("x86_64")).toEqual([0, 1, 59, 56, 435, 317]);
    expect(numbers("aarch64")).toEqual([63, 64, 221, 220, 435, 277]);
  });
});
