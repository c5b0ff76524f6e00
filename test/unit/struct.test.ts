// Structures of the kernel's ABI: one table places, encodes, decodes and writes C.

import { describe, expect, test } from "bun:test";
import { Struct } from "../../src/abi/struct.ts";

const mixed = new Struct("mixed", { a: "u8", b: "u32", c: "u16", d: "i64", e: ["u8", 3], f: "i32" });

describe("a structure is laid out as C does", () => {
  test("each field at a multiple of its size, the whole at a multiple of the widest", () => {
    const offsets = (["a", "b", "c", "d", "e", "f"] as const).map((it) => mixed.offsetOf(it));
    expect(offsets).toEqual([0, 4, 8, 16, 24, 28]);
    expect(mixed.size).toBe(32);
    expect(new Struct("tail", { a: "u64", b: "u8" }).size).toBe(16);
  });

  test("an unknown field is an error", () => {
    expect(() => mixed.offsetOf("z" as "a")).toThrow("struct mixed has no field z");
  });

  test("and the C source says the same", () => {
    expect(mixed.toC()).toBe(
      "struct mixed {\n  uint8_t a;\n  uint32_t b;\n  uint16_t c;\n  int64_t d;\n  uint8_t e[3];\n  int32_t f;\n};",
    );
  });
});

describe("values", () => {
  test("come back as they went in; 64 bits as bigint, lists as lists", () => {
    const values = { a: 255, b: 0xffff_ffff, c: 65_535, d: -1n, e: [1, 2, 3], f: -2 };
    expect(mixed.decode(new DataView(mixed.encode(values).buffer))).toEqual(values);
  });

  test("are little-endian, and what is absent is zero", () => {
    const bytes = mixed.encode({ b: 0x01020304, d: 0x0102030405060708n });
    expect([...bytes.subarray(0, 8)]).toEqual([0, 0, 0, 0, 4, 3, 2, 1]);
    expect([...bytes.subarray(16, 24)]).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect([...bytes.subarray(24)]).toEqual(Array<number>(8).fill(0));
  });

  test("a negative number in an unsigned 64-bit field fills all of it, as in C", () => {
    const one = new Struct("one", { it: "u64" });
    expect([...one.encode({ it: -1 })]).toEqual(Array<number>(8).fill(255));
  });

  test("are placed and read at any offset", () => {
    const view = new DataView(new ArrayBuffer(64));
    mixed.encodeInto(view, 17, { f: 7 });
    expect(mixed.decode(view, 17).f).toBe(7);
    expect(mixed.decode(view, 16).f).not.toBe(7);
  });
});
