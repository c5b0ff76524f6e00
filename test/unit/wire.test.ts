// The layout of frames is one table for TypeScript and C. Here the C compiler is asked whether it agrees.

import { expect, test } from "bun:test";
import { compiler, wireHeader } from "../../native/build.ts";
import { Struct } from "../../src/abi/struct.ts";
import * as wire from "../../src/stage/wire.ts";
import { skipUnless } from "../harness/skip.ts";

const structs = Object.values(wire as Record<string, unknown>).filter((it) => it instanceof Struct);
const compilerTest = skipUnless(compiler() !== undefined, "needs a C compiler");

/** What the compiler says to the header followed by these assertions. */
function compile(assertions: readonly string[]): string {
  const source = ["#include <stddef.h>", wireHeader().replace("#pragma once", ""), ...assertions, ""].join("\n");
  const command = [compiler() as string, "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-xc", "-"];
  return Bun.spawnSync(command, { stdin: Buffer.from(source) }).stderr.toString();
}

compilerTest("the compiler gives every structure the size and the offsets that TypeScript has", () => {
  const assertions = structs.flatMap((it) => [
    `_Static_assert(sizeof(struct ${it.name}) == ${it.size}, "size of ${it.name}");`,
    ...Object.keys(it.fields).map((field) => {
      return `_Static_assert(offsetof(struct ${it.name}, ${field}) == ${it.offsetOf(field)}, "${it.name}.${field}");`;
    }),
  ]);
  expect(assertions.length).toBeGreaterThan(40);
  expect(compile(assertions)).toBe("");
});

compilerTest("and would say so if it had not", () => {
  expect(compile(['_Static_assert(sizeof(struct frame) == 23, "size of frame");'])).toContain("size of frame");
});

test("calls and results are aligned wherever they stand in a frame or a reply", () => {
  for (const it of [wire.frame, wire.call, wire.reply]) expect(it.size % 8).toBe(0);
});

test("a frame that is full of calls still fits, and so does its reply", () => {
  const { CALLS_MAX, FRAME_MAX } = wire.limits;
  expect(wire.frame.size + CALLS_MAX * wire.call.size).toBeLessThan(FRAME_MAX / 2);
  expect(wire.reply.size + CALLS_MAX * 8).toBeLessThan(FRAME_MAX / 2);
});
