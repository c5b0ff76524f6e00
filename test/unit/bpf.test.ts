// Classic BPF: encoding, assembling from the end, interpreting.

import { describe, expect, test } from "bun:test";
import { Assembler, BPF_MAXINSNS, code, decode, interpret, type Label, successors } from "../../src/abi/bpf.ts";

/** A program's answer when the first word of its data is `word`. */
function answer(program: Uint8Array, word: number): number {
  const data = new Uint8Array(64);
  new DataView(data.buffer).setUint32(0, word, true);
  return interpret(decode(program), data).value;
}

describe("encoding", () => {
  test("an instruction is struct sock_filter: code, jt, jf, k, little-endian", () => {
    const asm = new Assembler();
    const [yes, no] = [asm.give(0x7fff0000), asm.give(0x00050001)];
    const program = asm.finish(asm.load(4, asm.when("equal", 0xc000003e, yes, no)));
    expect(Buffer.from(program).toString("hex").match(/.{16}/g)).toEqual([
      "2000000004000000", // ld [4]
      "150001003e0000c0", // jeq #0xc000003e, jt 0, jf 1
      "0600000001000500", // ret #0x00050001
      "060000000000ff7f", // ret #0x7fff0000
    ]);
  });

  test("a program that is decoded shows what was put together", () => {
    const asm = new Assembler();
    const end = asm.give(7);
    const program = asm.finish(asm.load(16, asm.and(0xf0, asm.when("anyBit", 0x30, end, asm.give(9)))));
    expect(decode(program)).toEqual([
      { code: code.load, jt: 0, jf: 0, k: 16 },
      { code: code.and, jt: 0, jf: 0, k: 0xf0 },
      { code: code.anyBit, jt: 1, jf: 0, k: 0x30 },
      { code: code.give, jt: 0, jf: 0, k: 9 },
      { code: code.give, jt: 0, jf: 0, k: 7 },
    ]);
  });
});

describe("comparisons are unsigned, at their edges", () => {
  const cases = [
    [
      "equal",
      0xffffffff,
      [
        [0xffffffff, 1],
        [0x7fffffff, 0],
        [0, 0],
      ],
    ],
    [
      "above",
      0x7fffffff,
      [
        [0x80000000, 1],
        [0x7fffffff, 0],
        [0, 0],
      ],
    ],
    [
      "atLeast",
      0x80000000,
      [
        [0x80000000, 1],
        [0xffffffff, 1],
        [0x7fffffff, 0],
      ],
    ],
    [
      "anyBit",
      0x80000001,
      [
        [0x80000000, 1],
        [1, 1],
        [0x7ffffffe, 0],
      ],
    ],
  ] as const;
  test.each(cases)("A %s %p", (comparison, k, expected) => {
    const asm = new Assembler();
    const program = asm.finish(asm.load(0, asm.when(comparison, k, asm.give(1), asm.give(0))));
    for (const [word, value] of expected) expect([word, answer(program, word)]).toEqual([word, value]);
  });

  test("A & mask keeps the uppermost bit", () => {
    const asm = new Assembler();
    const program = asm.finish(
      asm.load(0, asm.and(0x80000000, asm.when("equal", 0x80000000, asm.give(1), asm.give(0)))),
    );
    expect([answer(program, 0xffffffff), answer(program, 0x7fffffff)]).toEqual([1, 0]);
  });
});

/** A chain that gives i for the word i, and 0xffff for greater ones. */
function chain(length: number): Uint8Array {
  const asm = new Assembler();
  let next: Label = asm.give(0xffff);
  for (let i = length - 1; i >= 0; i--) next = asm.when("equal", i, asm.give(i % 3), next);
  return asm.finish(asm.load(0, next));
}

describe("long programs", () => {
  test("no jump misses its target, however far that is", () => {
    for (const length of [80, 120, 126, 127, 128, 129, 250, 252, 253, 254, 255, 256, 257, 258, 400, 1000]) {
      const program = chain(length);
      const instructions = decode(program);
      instructions.forEach((it, i) => {
        for (const next of successors(it, i)) expect(next).toBeLessThan(instructions.length);
      });
      for (let word = 0; word < length; word++)
        expect([length, word, answer(program, word)]).toEqual([length, word, word % 3]);
      expect(answer(program, length)).toBe(0xffff);
    }
  });

  test("a branch past 255 instructions goes by a jump in between", () => {
    const asm = new Assembler();
    const far = asm.give(1);
    let next: Label = asm.give(2);
    for (let i = 0; i < 300; i++) next = asm.load(0, next);
    const program = asm.finish(asm.load(0, asm.when("equal", 5, far, next)));
    expect(decode(program).filter((it) => it.code === code.go)).toEqual([{ code: code.go, jt: 0, jf: 0, k: 301 }]);
    expect([answer(program, 5), answer(program, 6)]).toEqual([1, 2]);
  });

  test("both branches may be far", () => {
    for (let gap = 250; gap < 260; gap++) {
      const asm = new Assembler();
      const [one, two] = [asm.give(1), asm.give(2)];
      let filler: Label = asm.give(3);
      for (let i = 0; i < gap; i++) filler = asm.load(0, filler);
      const program = asm.finish(asm.load(0, asm.when("equal", 5, one, two)));
      expect([gap, answer(program, 5), answer(program, 6)]).toEqual([gap, 1, 2]);
    }
  });

  test("what comes after a load need not stand next to it", () => {
    const asm = new Assembler();
    const one = asm.give(1);
    asm.give(2);
    expect(answer(asm.finish(asm.load(0, one)), 0)).toBe(1);
  });

  test("the kernel's limit of instructions is ours", () => {
    const asm = new Assembler();
    let next = asm.give(1);
    for (let i = 1; i < BPF_MAXINSNS; i++) next = asm.load(0, next);
    expect(decode(asm.finish(next)).length).toBe(BPF_MAXINSNS);
    expect(() => asm.load(0, next)).toThrow("more than 4096 instructions: the kernel takes no more");
  });
});

describe("savings", () => {
  test("a comparison whose branches agree is left out", () => {
    const asm = new Assembler();
    const end = asm.give(1);
    expect(asm.when("equal", 5, end, end)).toBe(end);
  });

  test("a return that was put before is used again", () => {
    const asm = new Assembler();
    expect(asm.give(1)).toBe(asm.give(1));
  });
});

test("an instruction that filters of ours never hold is not guessed at", () => {
  const divide = new Uint8Array([0x34, 0, 0, 0, 2, 0, 0, 0]);
  expect(() => interpret(decode(divide), new Uint8Array(64))).toThrow("instruction 0: 0x34 is unknown");
});

test("a program that runs past its end is an error", () => {
  expect(() => interpret([{ code: code.load, jt: 0, jf: 0, k: 0 }], new Uint8Array(64))).toThrow("no instruction 1");
});
