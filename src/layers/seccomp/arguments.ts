// Rules that look at a call's arguments, as code. BPF compares 32 bits at a time and arguments have 64, so that each is
// loaded and compared in halves.

import type { Assembler, Label } from "../../abi/bpf.ts";
import { seccompData } from "../../abi/seccomp.ts";
import type { Condition } from "./words.ts";

/** One way to get `value`: all of the conditions hold. There is at least one. */
export interface Alternative {
  readonly conditions: readonly Condition[];
  readonly value: number;
}

/** Gives the value of the first alternative that holds, or else `otherwise`. */
export function filterArguments(asm: Assembler, alternatives: readonly Alternative[], otherwise: number): Label {
  let next = asm.give(otherwise);
  for (let end = alternatives.length; end > 0; ) {
    let start = end - 1;
    while (start > 0 && alike(alternatives[start - 1] as Alternative, alternatives[start] as Alternative)) start--;
    const run = alternatives.slice(start, end);
    next = run.length > 1 ? oneOf(asm, run, next) : allOf(asm, run[0] as Alternative, next);
    end = start;
  }
  return next;
}

function allOf(asm: Assembler, { conditions, value }: Alternative, no: Label): Label {
  let yes = asm.give(value);
  for (let i = conditions.length - 1; i >= 0; i--) yes = test(asm, conditions[i] as Condition, yes, no);
  return yes;
}

// Whether both only ask if the same argument has a certain value, with the same upper half (0, nearly always).
function alike(a: Alternative, b: Alternative): boolean {
  if (a.conditions.length !== 1 || b.conditions.length !== 1) return false;
  const [x, y] = [sole(a), sole(b)];
  return x.op === "SCMP_CMP_EQ" && y.op === x.op && x.index === y.index && x.value.high === y.value.high;
}

function sole({ conditions }: Alternative): Condition {
  return conditions[0] as Condition;
}

/** Alternatives that are alike: each half of the argument is loaded once, not once for each. */
function oneOf(asm: Assembler, run: readonly Alternative[], no: Label): Label {
  const { index, value } = sole(run[0] as Alternative);
  let low = no;
  for (let i = run.length - 1; i >= 0; i--) {
    const it = run[i] as Alternative;
    low = asm.when("equal", sole(it).value.low, asm.give(it.value), low);
  }
  return asm.load(upper(index), asm.when("equal", value.high, asm.load(lower(index), low), no));
}

const firstArgument = seccompData.offsetOf("args");

// Both machines are little-endian: the lower half comes first.
function lower(index: number): number {
  return firstArgument + index * 8;
}

function upper(index: number): number {
  return lower(index) + 4;
}

function test(asm: Assembler, { index, op, value, mask }: Condition, yes: Label, no: Label): Label {
  switch (op) {
    case "SCMP_CMP_EQ":
      return asm.load(
        upper(index),
        asm.when("equal", value.high, asm.load(lower(index), asm.when("equal", value.low, yes, no)), no),
      );
    case "SCMP_CMP_NE":
      return test(asm, { index, op: "SCMP_CMP_EQ", value, mask }, no, yes);
    case "SCMP_CMP_GT":
    case "SCMP_CMP_GE": {
      const comparison = op === "SCMP_CMP_GT" ? "above" : "atLeast";
      const same = asm.load(lower(index), asm.when(comparison, value.low, yes, no));
      const unequal = value.high === 0 ? yes : asm.when("above", value.high, yes, no);
      return asm.load(upper(index), asm.when("equal", value.high, same, unequal));
    }
    case "SCMP_CMP_LE":
      return test(asm, { index, op: "SCMP_CMP_GT", value, mask }, no, yes);
    case "SCMP_CMP_LT":
      return test(asm, { index, op: "SCMP_CMP_GE", value, mask }, no, yes);
    case "SCMP_CMP_MASKED_EQ": {
      const low = masked(asm, lower(index), mask.low, value.low, yes, no);
      return masked(asm, upper(index), mask.high, value.high, low, no);
    }
  }
}

function masked(asm: Assembler, offset: number, mask: number, value: number, yes: Label, no: Label): Label {
  if (mask === 0) return yes;
  if (value === 0) return asm.load(offset, asm.when("anyBit", mask, no, yes));
  return asm.load(offset, asm.and(mask, asm.when("equal", value, yes, no)));
}
