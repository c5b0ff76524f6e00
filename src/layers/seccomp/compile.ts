// From a profile (OCI's linux.seccomp) to a program for the kernel:
//
//   architecture? ──other──▶ kill the process
//        │                      (a 32-bit one that the profile lists: deny every call)
//        ▼
//   number: binary search over ranges of numbers that share a fate ──▶ allow, or deny
//        │
//        ▼ (few)
//   arguments: the conditions of each rule, one after the other ──▶ the rule's action, or the default
//
// A number means nothing without the architecture: 1 is write to a 64-bit program, exit to a 32-bit one, and
// any program can make 32-bit calls (`int 0x80`). A filter without that check is no filter.

import { Assembler, type Label } from "../../abi/bpf.ts";
import { EPERM } from "../../abi/errno.ts";
import * as abi from "../../abi/seccomp.ts";
import { type Arch, syscallNumbers } from "../../abi/syscalls.ts";
import type { Seccomp, SeccompRule } from "../../core/spec.ts";
import { type Alternative, filterArguments } from "./arguments.ts";
import { actionValue, architectures, condition, ELSEWHERE, type JsonPath, permits, unknown } from "./words.ts";

/** What happens to one system call: a value, whatever its arguments, or the first alternative's that holds. */
type Fate = number | readonly Alternative[];

/** The numbers from `start` up to the next range's. */
interface Range {
  readonly start: number;
  readonly fate: Fate;
}

/**
 * The filter for `profile` on `arch`, as an array of struct sock_filter. Names that `arch` lacks are left out, as
 * runc does. Anything else that is not understood is an Error which names the JSON path, as `at` has it.
 */
export function compile(profile: Seccomp, arch: Arch, at: JsonPath = (part) => `linux.seccomp.${part}`): Uint8Array {
  const { defaultAction, defaultErrnoRet, architectures: listed = [], syscalls = [] } = profile;
  const otherwise = actionValue(defaultAction, defaultErrnoRet, (part) => at(`default${capitalised(part)}`));
  const list = ranges(collect(syscalls, otherwise, arch, at), otherwise);
  // The tables of 32-bit calls are not ours to judge by: whoever lists them gets them denied, not killed.
  const denied = permits(otherwise) ? abi.SECCOMP_RET_ERRNO | EPERM : otherwise;
  const x32 = listed.includes("SCMP_ARCH_X32") ? denied : abi.SECCOMP_RET_KILL_PROCESS;
  if (arch === "x86_64") addX32(list, otherwise, x32);
  const foreign = auditArches(listed, at);
  try {
    const asm = new Assembler();
    const native = asm.load(abi.seccompData.offsetOf("nr"), numbers(asm, list, 0, list.length, otherwise));
    return asm.finish(architecture(asm, abi.auditArch[arch], native, foreign, denied));
  } catch (error) {
    throw new Error(`${at("syscalls")}: ${(error as Error).message}`);
  }
}

/**
 * Number → fate; what is absent has the default's. As in libseccomp, and so in Docker: the first rule without
 * conditions decides, whatever conditions other rules have; and a rule that says what the default says adds nothing.
 */
function collect(rules: readonly SeccompRule[], otherwise: number, arch: Arch, at: JsonPath): (Fate | undefined)[] {
  const table = syscallNumbers(arch);
  const fates = new Array<number | Alternative[] | undefined>(NUMBERS).fill(undefined);
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as SeccompRule;
    const here: JsonPath = (part) => at(`syscalls[${i}].${part}`);
    const value = actionValue(rule.action, rule.errnoRet, here);
    const alternatives = alternativesOf(rule, value, here);
    if (value === otherwise) continue;
    for (const name of rule.names) {
      const number = table.get(name);
      if (number === undefined) continue;
      const fate = fates[number];
      if (typeof fate === "number") continue;
      if (alternatives === undefined) fates[number] = value;
      else if (fate === undefined) fates[number] = [...alternatives];
      else fate.push(...alternatives);
    }
  }
  return fates;
}

/** More than there are numbers in any table; an array that is made in its full length stays a plain one. */
const NUMBERS = 1024;

// All conditions of a rule must hold, except that runc and crun take conditions on one and the same argument as
// alternatives, each on its own. Profiles in use rely on it. Undefined: the rule has no conditions.
function alternativesOf({ args }: SeccompRule, value: number, at: JsonPath): Alternative[] | undefined {
  if (args === undefined || args.length === 0) return undefined;
  const conditions = args.map((it, i) => condition(it, (part) => at(`args[${i}].${part}`)));
  const repeated = conditions.some((it, i) => conditions.findIndex((other) => other.index === it.index) < i);
  return repeated ? conditions.map((it) => ({ conditions: [it], value })) : [{ conditions, value }];
}

/** All 2³² numbers in ranges, lowest first, neighbours with the same value merged. */
function ranges(fates: readonly (Fate | undefined)[], otherwise: number): Range[] {
  const list: Range[] = [];
  let last: Fate | undefined;
  for (let number = 0; number <= fates.length; number++) {
    const fate = fates[number] ?? otherwise;
    if (fate !== last) list.push({ start: number, fate });
    last = fate;
  }
  return list;
}

// No system call of either kind has a number near these, so both ends lie in the last range, which is the default's.
function addX32(list: Range[], otherwise: number, value: number): void {
  if (value === otherwise) return;
  list.push({ start: abi.X32_SYSCALL_BIT, fate: value }, { start: 2 * abi.X32_SYSCALL_BIT, fate: otherwise });
}

/** Finds the one of `list[from]` … `list[to - 1]` that the number in A is in: n ranges take log₂ n comparisons. */
function numbers(asm: Assembler, list: readonly Range[], from: number, to: number, otherwise: number): Label {
  if (to - from === 1) {
    const { fate } = list[from] as Range;
    return typeof fate === "number" ? asm.give(fate) : filterArguments(asm, fate, otherwise);
  }
  const middle = (from + to) >>> 1;
  const upper = numbers(asm, list, middle, to, otherwise);
  const lower = numbers(asm, list, from, middle, otherwise);
  return asm.when("atLeast", (list[middle] as Range).start, upper, lower);
}

/** What a filter sees where calls of the listed architectures are made. */
function auditArches(listed: readonly string[], at: JsonPath): number[] {
  const values: number[] = [];
  for (let i = 0; i < listed.length; i++) {
    const name = listed[i] as string;
    const value = architectures.get(name);
    if (value === undefined) throw unknown(architectures, name, at(`architectures[${i}]`), "architecture");
    values.push(value);
  }
  return values;
}

/** Which way the kernel was entered. An entry that the profile does not list is not taken by accident: that kills. */
function architecture(asm: Assembler, own: number, native: Label, listed: readonly number[], denied: number): Label {
  let next = asm.give(abi.SECCOMP_RET_KILL_PROCESS);
  for (const value of listed) {
    if (value !== own && value !== ELSEWHERE) next = asm.when("equal", value, asm.give(denied), next);
  }
  return asm.load(abi.seccompData.offsetOf("arch"), asm.when("equal", own, native, next));
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
