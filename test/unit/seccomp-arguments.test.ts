// Rules with arguments: compiled filters decide as 64-bit arithmetic does, for every operator, and for random profiles.

import { describe, expect, test } from "bun:test";
import { decode, interpret } from "../../src/abi/bpf.ts";
import { EPERM } from "../../src/abi/errno.ts";
import * as abi from "../../src/abi/seccomp.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import { type Seccomp, type SeccompArgument, type SeccompRule, seccompOperators } from "../../src/core/spec.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { ALLOW, failWith, judge } from "../harness/filter.ts";

type Operator = SeccompArgument["op"];

/** What the specification says about a comparison, in 64 bits at once. */
function holds(op: Operator, argument: bigint, value: bigint, valueTwo: bigint): boolean {
  if (op === "SCMP_CMP_NE") return argument !== value;
  if (op === "SCMP_CMP_LT") return argument < value;
  if (op === "SCMP_CMP_LE") return argument <= value;
  if (op === "SCMP_CMP_EQ") return argument === value;
  if (op === "SCMP_CMP_GE") return argument >= value;
  if (op === "SCMP_CMP_GT") return argument > value;
  return (argument & value) === (valueTwo & value);
}

const values = [0, 1, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0x1_0000_0000, 0x1_0000_0005, 0x1f_ffff_ffff_ff00];
const neighbours = values.flatMap((it) => [BigInt(it) - 1n, BigInt(it), BigInt(it) + 1n]);
const inputs = [...neighbours.filter((it) => it >= 0n), 0xffff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n];

function profile(op: Operator, value: number, valueTwo: number): Seccomp {
  const args = [{ index: 3, value, valueTwo, op }];
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["close"], action: "SCMP_ACT_ALLOW", args }] };
}

describe("64-bit comparisons, in halves", () => {
  test.each(seccompOperators.map((op) => [op]))("%s", (op) => {
    for (const value of values) {
      for (const valueTwo of op === "SCMP_CMP_MASKED_EQ" ? values : [0]) {
        const program = compile(profile(op, value, valueTwo), "x86_64");
        for (const input of inputs) {
          const expected = holds(op, input, BigInt(value), BigInt(valueTwo)) ? ALLOW : failWith(EPERM);
          expect([value, valueTwo, input, judge(program, "x86_64", "close", [0, 0, 0, input])]).toEqual([
            value,
            valueTwo,
            input,
            expected,
          ]);
        }
      }
    }
  });
});

/** A small reproducible source of numbers (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

test("400 random profiles say, for all numbers, what their rules say", () => {
  const table = [...syscallNumbers("x86_64")];
  for (let seed = 1; seed <= 400; seed++) {
    const pick = random(seed);
    const one = <T>(list: readonly T[]): T => list[pick(list.length)] as T;
    const rules = Array.from({ length: 1 + pick(30) }, (): SeccompRule => {
      const names = Array.from({ length: 1 + pick(8) }, () => one(table)[0]);
      const action = one(["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_LOG"]);
      const used = new Set<number>();
      const args = Array.from({ length: pick(3) }, () => ({
        index: pick(3),
        value: one(values),
        valueTwo: one(values),
        op: one(seccompOperators),
      }));
      return {
        names,
        action,
        errnoRet: 1 + pick(3),
        args: args.filter((it) => !used.has(it.index) && used.add(it.index)),
      };
    });
    const profile: Seccomp = { defaultAction: one(["SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW"]), syscalls: rules };
    const program = decode(compile(profile, "x86_64"));
    const unconditional = new Set(rules.filter((it) => it.args?.length === 0).flatMap((it) => it.names));
    for (const [name, nr] of table) {
      const args = [one(inputs), one(inputs), one(inputs)];
      const data = abi.seccompData.encode({ nr, arch: abi.AUDIT_ARCH_X86_64, args });
      const expected = expectation(profile, name, args, unconditional.has(name));
      expect([seed, name, args, interpret(program, data).value]).toEqual([seed, name, args, expected]);
    }
  }
});

function expectation(profile: Seccomp, name: string, args: readonly bigint[], always: boolean): number {
  const value = (action: string, errno = 1) =>
    ({ SCMP_ACT_ALLOW: ALLOW, SCMP_ACT_LOG: abi.SECCOMP_RET_LOG })[action] ?? failWith(errno);
  const otherwise = value(profile.defaultAction);
  const candidates = (profile.syscalls ?? []).filter(
    (it) => it.names.includes(name) && value(it.action, it.errnoRet) !== otherwise,
  );
  const decisive = candidates.filter((it) => it.args?.length === 0);
  const list = always && decisive.length > 0 ? decisive : candidates;
  const found = list.find((it) =>
    it.args?.every((c) => holds(c.op, args[c.index] as bigint, BigInt(c.value), BigInt(c.valueTwo ?? 0))),
  );
  return found === undefined ? otherwise : value(found.action, found.errnoRet);
}
