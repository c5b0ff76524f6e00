// A stage that is spoken to in bytes, to send it what src/stage would never send. Receiving has a time limit, so that a
// stage which does not answer is a failed test and not a hanging one.

import { ptr } from "bun:ffi";
import { libc } from "../../src/abi/libc.ts";
import { SO_RCVTIMEO, SOL_SOCKET } from "../../src/abi/socket.ts";
import type { Values } from "../../src/abi/struct.ts";
import { Channel, closeDescriptor } from "../../src/stage/channel.ts";
import { stageProgram } from "../../src/stage/launch.ts";
import * as wire from "../../src/stage/wire.ts";

/** Makes `recv` on the socket fail with EAGAIN after so many seconds. */
export function limitReceiving(fd: number, seconds: number): void {
  const timeval = new BigInt64Array([BigInt(seconds), 0n]);
  if (libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, ptr(timeval), 16) !== 0)
    throw new Error("setsockopt(SO_RCVTIMEO)");
}

export interface RawCall extends Values<typeof wire.call.fields> {}

export interface RawFrame {
  readonly calls?: readonly RawCall[];
  readonly relocations?: readonly Values<typeof wire.relocation.fields>[];
  readonly data?: Uint8Array;
  /** Fields of the header, over what follows from the rest. */
  readonly head?: Values<typeof wire.frame.fields>;
}

export interface RawReply {
  readonly serial: number;
  /** The errno with which the frame was refused, or 0. */
  readonly error: number;
  readonly done: number;
  /** One for each call of the frame. */
  readonly results: readonly number[];
  readonly out: Uint8Array;
}

export function encodeFrame({
  calls = [],
  relocations = [],
  data = new Uint8Array(0),
  head = {},
}: RawFrame): Uint8Array {
  const counts = { calls: calls.length, relocations: relocations.length, size: data.length };
  const blank = Number(head.out ?? 0) + Number(head.outSize ?? 0);
  return Buffer.concat([
    wire.frame.encode({ serial: 1, ...counts, blank, ...head }),
    ...calls.map((it) => wire.call.encode(it)),
    ...relocations.map((it) => wire.relocation.encode(it)),
    data,
  ]);
}

export class RawStage {
  readonly pid: number;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  readonly #channel: Channel;
  readonly #stderr: Promise<string>;

  private constructor(child: Bun.Subprocess<"ignore", "ignore", "pipe">, channel: Channel) {
    this.pid = child.pid;
    this.ended = child.exited;
    this.#channel = channel;
    this.#stderr = child.stderr.text();
  }

  static start(command: readonly string[] = [stageProgram()], env: Record<string, string> = {}): RawStage {
    const [channel, theirs] = Channel.pair();
    limitReceiving(channel.fd, 20);
    const child = Bun.spawn([...command], { stdio: ["ignore", "ignore", "pipe", theirs], env });
    closeDescriptor(theirs);
    return new RawStage(child, channel);
  }

  /** Sends the bytes as one packet. False when the stage has ended. */
  send(bytes: Uint8Array, descriptors: readonly number[] = []): boolean {
    return this.#channel.send(bytes, descriptors);
  }

  /** The next reply; undefined when the stage has ended. Throws when none comes within 20 seconds. */
  receive(): RawReply | undefined {
    const bytes = this.#channel.receive();
    if (bytes.length === 0) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { serial, error, done, outSize } = wire.reply.decode(view);
    const count = (bytes.length - wire.reply.size - outSize) / 8;
    const results = Array.from({ length: count }, (_, i) => Number(view.getBigInt64(wire.reply.size + 8 * i, true)));
    return { serial, error, done, results, out: bytes.slice(bytes.length - outSize) };
  }

  /** Sends a frame and returns the reply. Throws when the stage has ended. */
  ask(frame: RawFrame, descriptors: readonly number[] = []): RawReply {
    this.send(encodeFrame(frame), descriptors);
    const reply = this.receive();
    if (reply === undefined) throw new Error("the stage has ended");
    return reply;
  }

  /** Ends the stage by closing the channel. Resolves with its exit code and what it printed on stderr. */
  async close(): Promise<{ code: number; stderr: string }> {
    this.#channel.close();
    return { code: await this.ended, stderr: await this.#stderr };
  }
}
