// What a script prints, read from its pipe.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { Output } from "../../src/engine/output.ts";
import { closeDescriptor, makePipe } from "../../src/stage/channel.ts";

const LIMIT = 10;
const PIPE = 64 * 1024;

let output: Output;
let writer: number;

beforeEach(() => {
  const [from, to] = makePipe();
  output = new Output(openSync(`/proc/self/fd/${from}`, constants.O_RDONLY | constants.O_NONBLOCK), LIMIT);
  closeDescriptor(from);
  writer = to;
});

afterEach(() => output.close());

test("what is there by now is taken, and nothing is waited for", () => {
  expect(output.read()).toBe(true);
  expect(output.text).toBe("");
  writeSync(writer, "one ");
  writeSync(writer, "two");
  expect(output.read()).toBe(true);
  expect(output).toMatchObject({ text: "one two", cut: false });
  closeSync(writer);
  expect(output.read()).toBe(false);
});

test("the limit is not too much", () => {
  writeSync(writer, "x".repeat(LIMIT));
  closeSync(writer);
  expect(output.read()).toBe(false);
  expect(output).toMatchObject({ text: "x".repeat(LIMIT), cut: false });
});

test("what is too much is thrown away, and makes room in the pipe for more", () => {
  for (let i = 0; i < 3; i++) {
    expect(writeSync(writer, "y".repeat(PIPE))).toBe(PIPE);
    expect(output.read()).toBe(true);
  }
  closeSync(writer);
  expect(output).toMatchObject({ text: "y".repeat(LIMIT), cut: true });
});

test("a character that the limit cuts through is left away, one that comes in two pieces is not", () => {
  const bytes = Buffer.from(`12345é ${"漢"}`);
  writeSync(writer, bytes.subarray(0, 6));
  output.read();
  writeSync(writer, bytes.subarray(6));
  closeSync(writer);
  output.read();
  expect(output).toMatchObject({ text: "12345é ", cut: true });
});

test("of a character of which the script has written a part only, it is said that something is missing", () => {
  writeSync(writer, Buffer.from("漢").subarray(0, 2));
  closeSync(writer);
  output.read();
  expect(output).toMatchObject({ text: "\ufffd", cut: false });
});
