// What the stage does with frames that src/stage would never send. Whatever comes, it answers, and it goes on.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { EBADF, EBADMSG, ECANCELED, EMSGSIZE, ENOENT } from "../../src/abi/errno.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import * as wire from "../../src/stage/wire.ts";
import { guardHost } from "../harness/guard.ts";
import { encodeFrame, type RawCall, type RawFrame, RawStage } from "../harness/raw-stage.ts";

guardHost();

const numbers = syscallNumbers(process.arch === "arm64" ? "aarch64" : "x86_64");
const number = (name: string): number => numbers.get(name) as number;
const { VALUE, BUFFER, RESULT, DESCRIPTOR } = wire.kind;
const { FRAME_MAX, ARENA_SIZE, CALLS_MAX, DESCRIPTORS_MAX } = wire.limits;
const HIGH = 0xffff_ffff;

/** A system call whose arguments are pairs of kind and value. */
function call(name: string, ...args: readonly (readonly [number, number | bigint])[]): RawCall {
  return {
    op: wire.op.SYSCALL,
    number: number(name),
    kinds: args.map(([kind]) => kind),
    args: args.map(([, it]) => it),
  };
}

const getpid = call("getpid");

let stage: RawStage;

beforeEach(() => {
  stage = RawStage.start();
});

afterEach(async () => {
  expect((await stage.close()).code).toBe(0);
});

function expectAlive(): void {
  expect(stage.ask({ calls: [getpid] })).toMatchObject({ error: 0, done: 1, results: [stage.pid] });
}

describe("a frame that is not what it says it is, is refused with EBADMSG", () => {
  const frames: readonly [string, Uint8Array][] = [
    ["one byte", new Uint8Array(1)],
    ["a header cut short", encodeFrame({}).subarray(0, wire.frame.size - 1)],
    ["fewer bytes than its calls need", encodeFrame({ calls: [getpid, getpid] }).subarray(0, -1)],
    ["more bytes than it says", Buffer.concat([encodeFrame({ calls: [getpid] }), new Uint8Array(1)])],
    ["more calls than it holds", encodeFrame({ calls: [getpid], head: { calls: 2 } })],
    ["more relocations than it holds", encodeFrame({ calls: [getpid], head: { relocations: 1 } })],
    ["less data than it says", encodeFrame({ calls: [getpid], head: { size: 8 } })],
    ["a size that overflows", encodeFrame({ calls: [getpid], head: { size: HIGH } })],
    ["data that would lie behind the arena", encodeFrame({ data: new Uint8Array(8), head: { base: ARENA_SIZE - 4 } })],
    ["data far outside the arena", encodeFrame({ data: new Uint8Array(8), head: { base: HIGH } })],
    ["output from behind the arena", encodeFrame({ head: { out: ARENA_SIZE, outSize: 1 } })],
    ["output from far outside the arena", encodeFrame({ head: { out: HIGH, outSize: 16 } })],
    ["a blank that begins behind the arena", encodeFrame({ head: { blank: ARENA_SIZE + 1 } })],
    ["a blank that begins far outside the arena", encodeFrame({ head: { blank: HIGH } })],
    ["more output than a reply can hold", encodeFrame({ head: { outSize: FRAME_MAX } })],
    ["as many calls as do not fit", encodeFrame({ calls: Array<RawCall>(CALLS_MAX + 1).fill(getpid) })],
  ];
  test.each(frames)("%s", (_, bytes) => {
    stage.send(bytes);
    expect(stage.receive()).toMatchObject({ error: EBADMSG, done: 0, results: [] });
    expectAlive();
  });

  test("a packet larger than any frame is refused with EMSGSIZE", () => {
    stage.send(new Uint8Array(FRAME_MAX + 1));
    expect(stage.receive()).toMatchObject({ error: EMSGSIZE });
    expectAlive();
  });
});

describe("a call that is not what it should be, is not made and fails with EBADMSG", () => {
  const dup = (kind: number, value: number | bigint): RawFrame => ({ calls: [call("dup", [kind, value])] });
  const frames: readonly [string, RawFrame][] = [
    ["an unknown operation", { calls: [{ op: 3 }] }],
    ["an unknown kind of argument", dup(4, 0)],
    ["a buffer behind the arena", dup(BUFFER, ARENA_SIZE + 1)],
    ["a buffer at 2⁶⁴ − 1", dup(BUFFER, 2n ** 64n - 1n)],
    ["its own result", dup(RESULT, 0)],
    ["the result of a later call", { calls: [call("dup", [RESULT, 1]), getpid] }],
    ["the result of a call that there cannot be", dup(RESULT, 2n ** 32n)],
    ["a descriptor where none has come", dup(DESCRIPTOR, 0)],
    ["a supervision that is no buffer", { calls: [{ op: wire.op.SUPERVISE, kinds: [VALUE], args: [0] }] }],
    [
      "a supervision that ends behind the arena",
      { calls: [{ op: wire.op.SUPERVISE, kinds: [BUFFER], args: [ARENA_SIZE - wire.supervise.size + 1] }] },
    ],
    ["a relocation of 2 bytes", { calls: [getpid], relocations: [{ width: 2 }] }],
    ["a relocation behind the arena", { calls: [getpid], relocations: [{ at: ARENA_SIZE - 4, width: 8 }] }],
    ["a relocation far outside the arena", { calls: [getpid], relocations: [{ at: HIGH, width: 4 }] }],
    [
      "a relocation to a pointer behind the arena",
      { calls: [getpid], relocations: [{ width: 8, kind: BUFFER, value: HIGH }] },
    ],
    ["a relocation to the result of a later call", { calls: [getpid], relocations: [{ width: 8, kind: RESULT }] }],
    ["a relocation to no descriptor", { calls: [getpid], relocations: [{ width: 4, kind: DESCRIPTOR, value: 8 }] }],
  ];
  test.each(frames)("%s", (_, frame) => {
    expect(stage.ask(frame)).toMatchObject({ error: 0, done: 1, results: expect.arrayContaining([-EBADMSG]) });
    expectAlive();
  });
});

test("what comes back is blank where the frame says so, whatever earlier frames have left there", () => {
  const left = new Uint8Array(16).fill(7);
  expect(stage.ask({ data: left, calls: [getpid], head: { out: 4, outSize: 8 } }).out).toEqual(left.slice(0, 8));
  expect(stage.ask({ calls: [getpid], head: { out: 4, outSize: 8, blank: 6 } }).out).toEqual(
    new Uint8Array([7, 7, 0, 0, 0, 0, 0, 0]),
  );
  // and nothing else is
  expect(stage.ask({ head: { outSize: 16 } }).out).toEqual(
    new Uint8Array([7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7]),
  );
});

test("an empty frame is answered", () => {
  expect(stage.ask({ head: { serial: 77 } })).toEqual({
    serial: 77,
    error: 0,
    done: 0,
    results: [],
    out: new Uint8Array(0),
  });
});

test("as many calls as a frame may hold are all made", () => {
  const { done, results } = stage.ask({ calls: Array<RawCall>(CALLS_MAX).fill(getpid) });
  expect(done).toBe(CALLS_MAX);
  expect(new Set(results)).toEqual(new Set([stage.pid]));
});

test("a reply holds as much output as a frame has room for, and no byte more", () => {
  const room = FRAME_MAX - wire.reply.size - 8 * CALLS_MAX;
  const data = new Uint8Array(2000).fill(7);
  const { out } = stage.ask({ data, calls: Array<RawCall>(CALLS_MAX).fill(getpid), head: { outSize: room } });
  expect(out.length).toBe(room);
  expect(out.subarray(0, 2001)).toEqual(Buffer.concat([data, new Uint8Array(1)]));
  expect(stage.ask({ head: { outSize: room + 1 } }).error).toBe(EBADMSG);
});

test("a system call that the kernel does not know is ENOSYS, and an unknown descriptor EBADF: the kernel's words", () => {
  const { results } = stage.ask({
    calls: [{ op: wire.op.SYSCALL, number: 0xffff, tolerate: [38] }, call("dup", [VALUE, 999])],
  });
  expect(results).toEqual([-38, -EBADF]);
});

describe("when a call fails", () => {
  const failing = call("dup", [VALUE, 999]);

  test("the calls after it are not made", () => {
    const { done, results } = stage.ask({ calls: [getpid, failing, getpid] });
    expect({ done, results }).toEqual({ done: 2, results: [stage.pid, -EBADF, 0] });
  });

  test("and its errno is tolerated, the frame goes on", () => {
    const tolerant = { ...failing, tolerate: [ENOENT, 0, EBADF] };
    const { done, results } = stage.ask({ calls: [tolerant, getpid] });
    expect({ done, results }).toEqual({ done: 2, results: [-EBADF, stage.pid] });
  });

  test("calls that use its result are skipped, and so are those that use theirs", () => {
    const tolerant = { ...failing, tolerate: [EBADF] };
    const { done, results } = stage.ask({
      calls: [tolerant, call("dup", [RESULT, 0]), call("close", [RESULT, 1]), getpid],
    });
    expect({ done, results }).toEqual({ done: 4, results: [-EBADF, -ECANCELED, -ECANCELED, stage.pid] });
  });

  test("and a relocation asks for its result, the call is skipped as well", () => {
    const tolerant = { ...failing, tolerate: [EBADF] };
    const relocations = [{ call: 1, kind: RESULT, value: 0, width: 4, at: 0 }];
    expect(stage.ask({ calls: [tolerant, getpid], relocations }).results).toEqual([-EBADF, -ECANCELED]);
  });
});

test("a relocation stores 4 or 8 bytes right before its call, and no others", () => {
  const data = new Uint8Array(32).fill(0xff);
  const reply = stage.ask({
    data,
    calls: [getpid, getpid],
    relocations: [
      { call: 1, kind: RESULT, value: 0, width: 4, at: 0 },
      { call: 1, kind: VALUE, value: 0x01020304, width: 8, at: 16 },
    ],
    head: { outSize: 32 },
  });
  const expected = new DataView(data.slice().buffer);
  expected.setUint32(0, stage.pid, true);
  expected.setBigUint64(16, 0x01020304n, true);
  expect(reply.out).toEqual(new Uint8Array(expected.buffer));
});

test("data stays in the arena from one frame to the next, so that large arguments can be sent in pieces", () => {
  const piece = FRAME_MAX - wire.frame.size;
  for (let base = 0; base + piece <= ARENA_SIZE; base += piece) {
    expect(stage.ask({ data: new Uint8Array(piece).fill(base / piece), head: { base } }).error).toBe(0);
  }
  expect(stage.ask({ head: { out: 5 * piece - 1, outSize: 2 } }).out).toEqual(new Uint8Array([4, 5]));
});

describe("descriptors that travel with a frame", () => {
  test("can be used by its calls, and are closed after it", () => {
    const file = openSync("/proc/self/status", "r");
    try {
      const { results } = stage.ask({ calls: [call("dup", [DESCRIPTOR, 0]), call("close", [RESULT, 0])] }, [file]);
      expect(results[0]).toBeGreaterThan(3);
      expect(stage.ask({ calls: [call("dup", [VALUE, (results[0] as number) - 1])] }).results).toEqual([-EBADF]);
    } finally {
      closeSync(file);
    }
  });

  test(`are at most ${DESCRIPTORS_MAX}; with more, the frame is refused and none stays open`, () => {
    const file = openSync("/proc/self/status", "r");
    try {
      const frame = { calls: [call("dup", [DESCRIPTOR, DESCRIPTORS_MAX - 1])] };
      const full = stage.ask(frame, Array<number>(DESCRIPTORS_MAX).fill(file));
      expect(full.results[0]).toBeGreaterThan(0);
      stage.send(encodeFrame(frame), Array<number>(DESCRIPTORS_MAX + 1).fill(file));
      expect(stage.receive()).toMatchObject({ error: EMSGSIZE });
      const next = stage.ask({ calls: [{ ...call("dup", [VALUE, 0]), tolerate: [EBADF] }] });
      expect(next.results).toEqual([(full.results[0] as number) - DESCRIPTORS_MAX]);
    } finally {
      closeSync(file);
    }
  });
});

test("end of file on the channel ends the stage, and nothing else is needed", async () => {
  const other = RawStage.start();
  expect(await other.close()).toEqual({ code: 0, stderr: "" });
});
