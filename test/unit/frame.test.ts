// How calls become frames. The packets are taken apart again with the tables of src/stage/wire.ts.

import { describe, expect, test } from "bun:test";
import { EBADMSG, ENOENT } from "../../src/abi/errno.ts";
import { type Call, type CallOptions, Memory, type Operand, Result, Sent } from "../../src/stage/call.ts";
import { Frame } from "../../src/stage/frame.ts";
import * as wire from "../../src/stage/wire.ts";

const { VALUE, BUFFER, RESULT, DESCRIPTOR } = wire.kind;
const { FRAME_MAX, CALLS_MAX, DESCRIPTORS_MAX } = wire.limits;

function call(operands: readonly Operand[], options: CallOptions = {}): Call {
  return {
    serial: 1,
    name: "test",
    op: wire.op.SYSCALL,
    number: 39,
    operands,
    origin: { layer: "test", step: "test" },
    role: "host",
    options,
    result: new Result("test"),
    show: () => "test()",
  };
}

function frameOf(...calls: readonly Call[]): Frame {
  const frame = new Frame();
  for (const it of calls) frame.add(it);
  return frame;
}

function parse(packet: Uint8Array) {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const head = wire.frame.decode(view);
  const callsAt = wire.frame.size;
  const relocationsAt = callsAt + head.calls * wire.call.size;
  const calls = Array.from({ length: head.calls }, (_, i) => wire.call.decode(view, callsAt + i * wire.call.size));
  const relocations = Array.from({ length: head.relocations }, (_, i) =>
    wire.relocation.decode(view, relocationsAt + i * wire.relocation.size),
  );
  return { head, calls, relocations, data: packet.subarray(relocationsAt + head.relocations * wire.relocation.size) };
}

const only = (frame: Frame) => parse(frame.encode(1)[0] as Uint8Array);

/** What a stage would answer. */
function reply(results: readonly number[], out = new Uint8Array(0), error = 0): Uint8Array {
  const tail = new BigInt64Array(results.map(BigInt));
  const head = wire.reply.encode({ serial: 1, done: results.length, error, outSize: out.length });
  return Buffer.concat([head, new Uint8Array(tail.buffer), out]);
}

describe("arguments", () => {
  test("numbers are values; negative ones fill all 64 bits", () => {
    const { calls } = only(frameOf(call([7, -1, -100, 2 ** 32 + 5, 2n ** 64n - 1n])));
    expect(calls.map((it) => it.kinds)).toEqual([Array<number>(6).fill(VALUE)]);
    const args = calls.map((it) => it.args.map((value) => BigInt.asIntN(64, BigInt(value))));
    expect(args).toEqual([[7n, -1n, -100n, 2n ** 32n + 5n, -1n, 0n]]);
  });

  test("memory is an offset into the data, results are the number of their call, descriptors travel beside", () => {
    const first = call([Memory.string("/tmp")]);
    const second = call([first.result, new Sent(42), Memory.string("x")]);
    const frame = frameOf(first, second);
    const { calls, data } = only(frame);
    expect(calls.map((it) => it.kinds.slice(0, 3))).toEqual([
      [BUFFER, VALUE, VALUE],
      [RESULT, DESCRIPTOR, BUFFER],
    ]);
    expect(calls.map((it) => it.args.slice(0, 3).map(Number))).toEqual([
      [0, 0, 0],
      [0, 0, 8],
    ]);
    expect(Buffer.from(data).toString("latin1")).toBe("/tmp\0\0\0\0x\0\0\0\0\0\0\0");
    expect(frame.descriptors).toEqual([42]);
  });

  test("a result that is known is sent as its value", () => {
    const earlier = new Result("open");
    earlier.settle(9);
    const { calls } = only(frameOf(call([earlier])));
    expect([calls[0]?.kinds[0], calls[0]?.args[0]]).toEqual([VALUE, 9n as never]);
  });

  test("tolerated errnos stand in the call", () => {
    expect(only(frameOf(call([], { tolerate: [ENOENT, 17] }))).calls[0]?.tolerate).toEqual([ENOENT, 17, 0]);
  });

  test("pointers inside memory are relocations, right before the call that needs them", () => {
    const { relocations, data } = only(frameOf(call([]), call([Memory.strings(["a", "b"])])));
    expect(relocations).toEqual([
      { at: 0, value: 24, call: 1, kind: BUFFER, width: 8 },
      { at: 8, value: 32, call: 1, kind: BUFFER, width: 8 },
    ]);
    expect([data[24], data[32]]).toEqual([97, 98]);
  });
});

describe("what does not fit into one frame goes ahead", () => {
  test("data in frames without calls, one behind the other", () => {
    const packets = frameOf(call([new Memory(new Uint8Array(200_000).fill(1))]))
      .encode(5)
      .map(parse);
    expect(packets.map(({ head }) => head.calls)).toEqual([0, 0, 0, 0, 1]);
    let at = 0;
    for (const { head, data } of packets.slice(0, -1)) {
      expect([head.base, head.serial]).toEqual([at, 5]);
      at += data.length;
    }
    expect(at).toBe(200_000);
  });

  test("pointers after the data; every packet is within the limit", () => {
    const list = Array.from({ length: 9000 }, (_, i) => `a${i}`);
    const packets = frameOf(call([Memory.strings(list)])).encode(1);
    for (const it of packets) expect(it.length).toBeLessThanOrEqual(FRAME_MAX);
    const parsed = packets.map(parse);
    expect(parsed.flatMap(({ relocations }) => relocations).length).toBe(list.length);
    const firstPointer = parsed.findIndex(({ relocations }) => relocations.length > 0);
    expect(parsed.slice(firstPointer).every(({ head }) => head.size === 0)).toBe(true);
    expect(parsed.at(-1)).toMatchObject({ head: { calls: 1, relocations: 0 } });
  });
});

describe("a frame takes another call", () => {
  test("as long as some are left for those that must travel together", () => {
    const frame = new Frame();
    let count = 0;
    for (; frame.takes(call([])); count++) frame.add(call([]));
    expect(count).toBeGreaterThan(CALLS_MAX / 2);
    expect(count).toBeLessThan(CALLS_MAX);
  });

  test("unless outputs would not fit into one reply", () => {
    const frame = frameOf(call([Memory.result(30_000)]));
    expect(frame.takes(call([]))).toBe(true);
    expect(frame.takes(call([Memory.result(30_000)]))).toBe(false);
  });

  test("unless there would be too many descriptors", () => {
    const frame = new Frame();
    while (frame.takes(call([new Sent(1)]))) frame.add(call([new Sent(1)]));
    expect(frame.descriptors.length).toBeLessThanOrEqual(DESCRIPTORS_MAX);
  });

  test("in any case when it is empty: alone, it is sent or refused by itself", () => {
    expect(new Frame().takes(call([Memory.result(FRAME_MAX)]))).toBe(true);
  });
});

describe("a reply", () => {
  test("settles results, and gives each call the bytes that it wrote", () => {
    const calls = [call([Memory.string("in")]), call([Memory.result(4)]), call([Memory.result(8)])];
    const frame = frameOf(...calls);
    const { head } = only(frame);
    expect([head.out, head.outSize]).toEqual([8, 16]);
    const out = Uint8Array.from({ length: 16 }, (_, i) => i);
    expect(frame.settle(reply([1, 2, 3], out))).toBeUndefined();
    expect(calls.map((it) => it.result.value)).toEqual([1, 2, 3]);
    expect([...(calls[1]?.result.bytes ?? [])]).toEqual([0, 1, 2, 3]);
    expect([...(calls[2]?.result.bytes ?? [])]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  test("with an errno that is not tolerated names the call, and settles none after it", () => {
    const calls = [call([]), call([]), call([])];
    const frame = frameOf(...calls);
    frame.encode(1);
    const answer = reply([0, -ENOENT]);
    expect(frame.settle(Buffer.concat([answer, new Uint8Array(8)]))).toBe(1);
    expect(calls.map((it) => it.result.settled)).toEqual([true, true, false]);
  });

  test("that refuses the whole frame is an error", () => {
    const frame = frameOf(call([]));
    frame.encode(1);
    expect(() => frame.settle(reply([], new Uint8Array(0), EBADMSG))).toThrow("refused a frame (EBADMSG)");
  });
});
