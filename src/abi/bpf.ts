// <linux/filter.h>, <linux/bpf_common.h>: classic BPF, the language of seccomp filters.
//
// One accumulator, A. A program loads a word of struct seccomp_data into A, compares A with constants, jumps *forward*,
// and ends in a return; so it always ends. Of the language's instructions only those stand here which the kernel
// also understands when it works out, as a filter is loaded, which calls are allowed whatever their
// arguments (since 5.11): such a call then costs one look into a bitmap and the filter is not run.

import { Struct } from "./struct.ts";

export const BPF_LD = 0x00;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_RET = 0x06;
export const BPF_W = 0x00;
export const BPF_ABS = 0x20;
export const BPF_AND = 0x50;
export const BPF_JA = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
export const BPF_K = 0x00;
export const BPF_MAXINSNS = 4096;

/** The whole operation codes: class, mode or operation, source. */
export const code = {
  load: BPF_LD | BPF_W | BPF_ABS,
  and: BPF_ALU | BPF_AND | BPF_K,
  go: BPF_JMP | BPF_JA,
  equal: BPF_JMP | BPF_JEQ | BPF_K,
  above: BPF_JMP | BPF_JGT | BPF_K,
  atLeast: BPF_JMP | BPF_JGE | BPF_K,
  anyBit: BPF_JMP | BPF_JSET | BPF_K,
  give: BPF_RET | BPF_K,
} as const;

/** A comparison of A with a constant, all unsigned: A == k, A > k, A >= k, A & k. */
export type Comparison = "equal" | "above" | "atLeast" | "anyBit";

/** `jt` and `jf` count the instructions to skip when a comparison holds or does not; for `go`, `k` does. */
export const sockFilter = new Struct("sock_filter", { code: "u16", jt: "u8", jf: "u8", k: "u32" });

export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A place in a program: how many instructions there are from it to the end. */
export type Label = number;

/** As far as a conditional jump reaches, less one, because the comparison's other branch may need a `go` of its own. */
const NEAR = 0xfe;

/**
 * Puts a program together from its last instruction to its first. Jumps go only forward, so written in this order
 * each target exists before the jump to it, and its distance is known at once: one pass, nothing to patch. Every
 * instruction is told what comes after it, and yields the label of itself.
 */
export class Assembler {
  // struct sock_filter as two little-endian words, filled from the end.
  readonly #words = new Uint32Array(2 * BPF_MAXINSNS);
  #size = 0;
  readonly #returns = new Map<number, Label>();

  /** Ends the program with `value`. The same return is used again where it is near enough to be jumped to. */
  give(value: number): Label {
    const before = this.#returns.get(value);
    if (before !== undefined && this.#size - before <= NEAR) return before;
    const label = this.#put(code.give, value);
    this.#returns.set(value, label);
    return label;
  }

  /** A = the 32-bit word at `offset` of struct seccomp_data. */
  load(offset: number, next: Label): Label {
    this.#follow(next);
    return this.#put(code.load, offset);
  }

  /** A = A & mask. */
  and(mask: number, next: Label): Label {
    this.#follow(next);
    return this.#put(code.and, mask);
  }

  /** Compares A with `k`. A conditional jump reaches 255 instructions; what is farther takes a `go` in between. */
  when(comparison: Comparison, k: number, yes: Label, no: Label): Label {
    if (yes === no) return yes;
    const nearYes = this.#size - yes <= NEAR ? yes : this.#go(yes);
    const nearNo = this.#size - no <= NEAR ? no : this.#go(no);
    const skips = ((this.#size - nearYes) << 16) | ((this.#size - nearNo) << 24);
    return this.#put(code[comparison] | skips, k);
  }

  /** The program that begins at `start`, as an array of struct sock_filter. */
  finish(start: Label): Uint8Array {
    this.#follow(start);
    return new Uint8Array(this.#words.buffer).slice(-this.#size * sockFilter.size);
  }

  // Makes `next` the instruction that runs after the one that is put next.
  #follow(next: Label): void {
    if (next !== this.#size) this.#go(next);
  }

  #go(to: Label): Label {
    return this.#put(code.go, this.#size - to);
  }

  #put(operation: number, k: number): Label {
    if (this.#size === BPF_MAXINSNS)
      throw new Error(`more than ${BPF_MAXINSNS} instructions: the kernel takes no more`);
    const size = ++this.#size;
    const at = 2 * (BPF_MAXINSNS - size);
    this.#words[at] = operation;
    this.#words[at + 1] = k;
    return size;
  }
}

/** The instructions of an array of struct sock_filter. */
export function decode(program: Uint8Array): Instruction[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  return Array.from({ length: program.length / sockFilter.size }, (_, i) =>
    sockFilter.decode(view, i * sockFilter.size),
  );
}

/** Where an instruction at `index` may go on: for a comparison, the place if it holds, then if it does not. */
export function successors({ code: operation, jt, jf, k }: Instruction, index: number): number[] {
  switch (operation) {
    case code.give:
      return [];
    case code.load:
    case code.and:
      return [index + 1];
    case code.go:
      return [index + 1 + k];
    case code.equal:
    case code.above:
    case code.atLeast:
    case code.anyBit:
      return [index + 1 + jt, index + 1 + jf];
    default:
      throw new Error(`instruction ${index}: 0x${operation.toString(16)} is unknown`);
  }
}

/** What a program says about `data` (a struct seccomp_data), and the indices of the instructions that it ran. */
export function interpret(program: readonly Instruction[], data: Uint8Array): { value: number; path: number[] } {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const path: number[] = [];
  let a = 0;
  let at = 0;
  for (;;) {
    const it = program[at];
    if (it === undefined) throw new Error(`the program has no instruction ${at}`);
    path.push(at);
    if (it.code === code.give) return { value: it.k, path };
    const [yes, no] = successors(it, at) as [number, number?];
    if (no !== undefined) at = holds(it, a) ? yes : no;
    else at = yes;
    if (it.code === code.load) a = view.getUint32(it.k, true);
    if (it.code === code.and) a = (a & it.k) >>> 0;
  }
}

function holds({ code: operation, k }: Instruction, a: number): boolean {
  if (operation === code.equal) return a === k;
  if (operation === code.above) return a > k;
  if (operation === code.atLeast) return a >= k;
  return operation === code.anyBit && (a & k) !== 0;
}
