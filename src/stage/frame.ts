// Calls into frames, replies into results. Nothing here knows what a call is for.

import { EBADMSG, ECANCELED } from "../abi/errno.ts";
import { type Call, Memory, type Operand, Result, Sent } from "./call.ts";
import * as wire from "./wire.ts";

const room = wire.limits.FRAME_MAX - 16 - wire.limits.CALLS_MAX * 8;

interface Relocation {
  readonly at: number;
  readonly value: number;
  readonly call: number;
  readonly kind: number;
  readonly width: number;
}

/** A place in a frame's data, and the number that goes there, which is known by now. */
interface Patch {
  readonly at: number;
  readonly value: number;
}

/** One frame under construction. */
export class Frame {
  readonly calls: Call[] = [];
  readonly descriptors: number[] = [];
  readonly #places = new Map<Memory, number>();
  readonly #order: Memory[] = [];
  readonly #patches: Patch[] = [];
  #size = 0;
  #outSize = 0;
  /** Where in the data that begins which comes back. */
  #out = 0;

  get empty(): boolean {
    return this.calls.length === 0;
  }

  /**
   * Whether the call may travel with those that are already here. Some room is left for calls that have to travel together with
   * the last one.
   */
  takes(call: Call): boolean {
    if (this.empty) return true;
    const { CALLS_MAX, DESCRIPTORS_MAX } = wire.limits;
    if (this.calls.length > CALLS_MAX - 16 || this.descriptors.length > DESCRIPTORS_MAX / 2) return false;
    return this.#size <= room / 2 && this.#outSize + (outputOf(call)?.size ?? 0) <= room / 2;
  }

  add(call: Call): void {
    call.result.slot = this.calls.length;
    this.calls.push(call);
    for (const operand of call.operands) {
      if (operand instanceof Memory) this.#place(operand);
      if (operand instanceof Sent) this.descriptors.push(operand.fd);
    }
  }

  /** Whether it is the result of one of these calls. */
  holds(result: Result): boolean {
    return this.calls[result.slot]?.result === result;
  }

  #place(memory: Memory): void {
    if (this.#places.has(memory)) return;
    this.#places.set(memory, -1);
    this.#order.push(memory);
    this.#size += padded(memory);
    if (memory.out) this.#outSize += padded(memory);
    for (const { to } of memory.links) if (to instanceof Memory) this.#place(to);
  }

  /** The packets to send, in order: what is too long for one frame goes ahead in frames without calls. */
  encode(serial: number): Uint8Array[] {
    const { size, out, outSize } = this.#layout();
    const place = { serial, out, outSize, blank: size };
    const relocations = this.#relocations();
    const head = wire.frame.size + this.calls.length * wire.call.size + relocations.length * wire.relocation.size;
    if (head + size <= wire.limits.FRAME_MAX) return [this.#packet(place, relocations, size)];
    const [pointers, values] = [true, false].map((is) =>
      relocations.filter((it) => (it.kind === wire.kind.BUFFER) === is),
    );
    return [
      ...this.#dataFrames(serial, size),
      ...relocationFrames(serial, pointers as Relocation[]),
      this.#packet(place, values as Relocation[], 0),
    ];
  }

  #packet(
    fields: Parameters<typeof wire.frame.encode>[0],
    relocations: readonly Relocation[],
    size: number,
  ): Uint8Array {
    const calls = this.calls.length;
    const head = wire.frame.size + calls * wire.call.size + relocations.length * wire.relocation.size;
    const packet = Buffer.alloc(head + size);
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    wire.frame.encodeInto(view, 0, { ...fields, calls, relocations: relocations.length, size });
    for (const [i, call] of this.calls.entries()) this.#writeCall(view, wire.frame.size + i * wire.call.size, call);
    writeRelocations(view, wire.frame.size + calls * wire.call.size, relocations);
    if (size > 0) this.#writeData(packet, head);
    return packet;
  }

  #writeData(into: Buffer, base: number): void {
    for (const [memory, at] of this.#places) memory.writeTo(into, base + at);
    for (const { at, value } of this.#patches) into.writeInt32LE(value, base + at);
  }

  #dataFrames(serial: number, size: number): Uint8Array[] {
    const data = Buffer.alloc(size);
    this.#writeData(data, 0);
    const piece = wire.limits.FRAME_MAX - wire.frame.size;
    const packets: Uint8Array[] = [];
    for (let base = 0; base < size; base += piece) {
      const part = data.subarray(base, base + piece);
      packets.push(Buffer.concat([wire.frame.encode({ serial, base, size: part.length }), part]));
    }
    return packets;
  }

  // What comes back lies together at the end, so that the reply is one run of bytes; the last of it is blank, and is not sent.
  #layout(): { size: number; out: number; outSize: number } {
    let end = 0;
    const place = (memory: Memory): void => {
      this.#places.set(memory, end);
      end += padded(memory);
    };
    for (const it of this.#order) if (!it.out) place(it);
    this.#out = end;
    for (const it of this.#order) if (it.out && !it.blank) place(it);
    const size = end;
    for (const it of this.#order) if (it.out && it.blank) place(it);
    if (end > wire.limits.ARENA_SIZE) {
      throw new Error(`${end} bytes of arguments: a stage takes ${wire.limits.ARENA_SIZE}`);
    }
    if (end - this.#out > room) throw new Error(`${end - this.#out} bytes of output: a reply holds ${room}`);
    return { size, out: this.#out, outSize: end - this.#out };
  }

  #relocations(): Relocation[] {
    const seen = new Set<Memory>();
    const list: Relocation[] = [];
    const visit = (memory: Memory, call: number): void => {
      if (seen.has(memory)) return;
      seen.add(memory);
      for (const { at, to, width } of memory.links) {
        const [kind, value] = this.#resolve(to);
        if (to instanceof Memory) visit(to, call);
        const where = (this.#places.get(memory) as number) + at;
        if (kind === wire.kind.VALUE) this.#patches.push({ at: where, value: Number(value) });
        else list.push({ at: where, value: Number(value), call, kind, width });
      }
    };
    for (const [index, call] of this.calls.entries()) {
      for (const operand of call.operands) if (operand instanceof Memory) visit(operand, index);
    }
    return list;
  }

  #resolve(operand: Operand): [number, number | bigint] {
    if (operand instanceof Memory) return [wire.kind.BUFFER, this.#places.get(operand) as number];
    if (operand instanceof Sent) return [wire.kind.DESCRIPTOR, this.descriptors.indexOf(operand.fd)];
    if (operand instanceof Result) {
      if (operand.settled) return [wire.kind.VALUE, operand.value];
      if (this.holds(operand)) return [wire.kind.RESULT, operand.slot];
      throw new Error(`the result of ${operand.name} will never be known: its frame has failed`);
    }
    return [wire.kind.VALUE, operand];
  }

  // A start makes some two hundred calls, so this does without the general encoder's loop over fields.
  #writeCall(view: DataView, at: number, { op, number, operands, options }: Call): void {
    view.setUint16(at + place.op, op, true);
    view.setUint32(at + place.number, number, true);
    options.tolerate?.forEach((errno, i) => {
      view.setUint16(at + place.tolerate + 2 * i, errno, true);
    });
    operands.forEach((operand, i) => {
      const [kind, value] = this.#resolve(operand);
      view.setUint8(at + place.kinds + i, kind);
      setWord(view, at + place.args + 8 * i, value);
    });
  }

  /**
   * Settles the results of a reply's calls. Returns the index of the call that ended the frame too early, if one did.
   */
  settle(bytes: Uint8Array): number | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { done, error } = wire.reply.decode(view);
    if (error !== 0) throw new Error(`the stage refused a frame (${error === EBADMSG ? "EBADMSG" : `errno ${error}`})`);
    const tail = wire.reply.size + this.calls.length * 8;
    for (const [index, call] of this.calls.slice(0, done).entries()) {
      const value = Number(view.getBigInt64(wire.reply.size + index * 8, true));
      const memory = this.#outSize === 0 || value < 0 ? undefined : outputOf(call);
      const start = tail + (memory === undefined ? 0 : (this.#places.get(memory) as number) - this.#out);
      call.result.settle(value, memory && bytes.slice(start, start + memory.size));
      const tolerated = value >= 0 || value === -ECANCELED || call.options.tolerate?.includes(-value);
      if (!tolerated) return index;
    }
    return done < this.calls.length ? done : undefined;
  }
}

function padded(memory: Memory): number {
  return Math.ceil(memory.size / 8) * 8;
}

function writeRelocations(view: DataView, at: number, relocations: readonly Relocation[]): void {
  for (const [i, it] of relocations.entries()) wire.relocation.encodeInto(view, at + i * wire.relocation.size, it);
}

/** Frames that hold nothing but pointers, which do not depend on any call. */
function relocationFrames(serial: number, relocations: readonly Relocation[]): Uint8Array[] {
  const most = Math.floor((wire.limits.FRAME_MAX - wire.frame.size) / wire.relocation.size);
  const frames: Uint8Array[] = [];
  for (let first = 0; first < relocations.length; first += most) {
    const part = relocations.slice(first, first + most).map((it) => ({ ...it, call: 0 }));
    const packet = new Uint8Array(wire.frame.size + part.length * wire.relocation.size);
    const view = new DataView(packet.buffer);
    wire.frame.encodeInto(view, 0, { serial, relocations: part.length });
    writeRelocations(view, wire.frame.size, part);
    frames.push(packet);
  }
  return frames;
}

/** The memory that comes back: an argument itself, or what an argument points to. */
function outputOf({ operands }: Call): Memory | undefined {
  for (const it of operands) {
    if (!(it instanceof Memory)) continue;
    if (it.out) return it;
    for (const { to } of it.links) if (to instanceof Memory && to.out) return to;
  }
  return undefined;
}

const place = {
  op: wire.call.offsetOf("op"),
  number: wire.call.offsetOf("number"),
  tolerate: wire.call.offsetOf("tolerate"),
  kinds: wire.call.offsetOf("kinds"),
  args: wire.call.offsetOf("args"),
};

/** A register's 64 bits; a negative number fills the upper half with ones, as in C. */
function setWord(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === "bigint") {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
  } else {
    view.setUint32(at, value % 2 ** 32, true);
    view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}
