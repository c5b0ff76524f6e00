// One end of the channel to a stage: a SOCK_SEQPACKET socket, used with blocking calls, because a round trip of 50 µs
// is shorter than one turn of an event loop.

import { ptr } from "bun:ffi";
import { EAGAIN, ECONNRESET, EINTR, EPIPE, errnoName } from "../abi/errno.ts";
import { O_CLOEXEC } from "../abi/fcntl.ts";
import { errno, libc } from "../abi/libc.ts";
import { POLLIN, pollfd } from "../abi/poll.ts";
import {
  AF_UNIX,
  controlMessage,
  iovec,
  MSG_NOSIGNAL,
  msghdr,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from "../abi/socket.ts";
import { limits } from "./wire.ts";

/** What a stage's driver needs of the other side: a frame goes out, a reply comes back. */
export interface Transport {
  /**
   * Sends one frame; `descriptors` travel with it (SCM_RIGHTS) and stay open here. False when the other side has closed the
   * channel.
   */
  send(frame: Uint8Array, descriptors: readonly number[]): boolean;
  /** Blocks for the next reply, which stays readable until the one after it. Empty when the other side has closed the channel. */
  receive(): Uint8Array;
  /** Whether it counts as closed because nothing came within the time of `limit`. */
  readonly late: boolean;
  /** From now on nothing is waited for longer than that; 0: for as long as it takes. */
  limit(seconds: number): void;
  close(): void;
}

/** What came last, on any channel. */
const buffer = new Uint8Array(limits.FRAME_MAX);

/** Milliseconds after which an answer is slow. */
const SLOW = 50;

/** Somebody who has to know that this process waits for a slow answer, and can do nothing else until it is there. */
export interface Waiter {
  begin(): void;
  end(): void;
}

let waiter: Waiter | undefined;

/** From now on it is told of every answer that is slow, on any channel. */
export function whileSlow(told: Waiter | undefined): void {
  waiter = told;
}

export class Channel implements Transport {
  readonly fd: number;
  #late = false;
  #closed = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Both ends of a new channel, close-on-exec. */
  static pair(): [Channel, number] {
    const ends = new Int32Array(2);
    const made = libc().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ptr(ends));
    if (made < 0) throw new Error(`socketpair(AF_UNIX, SOCK_SEQPACKET) = ${errnoName(errno())}`);
    return [new Channel(ends[0] as number), ends[1] as number];
  }

  get late(): boolean {
    return this.#late;
  }

  limit(seconds: number): void {
    const timeval = new BigInt64Array([BigInt(seconds), 0n]);
    for (const it of [SO_RCVTIMEO, SO_SNDTIMEO])
      libc().setsockopt(this.fd, SOL_SOCKET, it, ptr(timeval), timeval.byteLength);
  }

  send(frame: Uint8Array, descriptors: readonly number[]): boolean {
    // a reply that comes now would be taken for that of another frame
    while (!this.#late) {
      const sent =
        descriptors.length === 0
          ? libc().send(this.fd, ptr(frame), frame.length, MSG_NOSIGNAL)
          : libc().sendmsg(this.fd, ptr(withDescriptors(frame, descriptors)), MSG_NOSIGNAL);
      if (sent >= 0) return true;
      const error = errno();
      if (error === EPIPE || error === ECONNRESET) return false;
      if (error === EAGAIN) this.#late = true;
      else if (error !== EINTR) throw new Error(`send(stage) = ${errnoName(error)}`);
    }
    return false;
  }

  receive(): Uint8Array {
    const told = waiter;
    if (told === undefined || this.#comesSoon()) return this.#receive();
    told.begin();
    try {
      return this.#receive();
    } finally {
      told.end();
    }
  }

  #comesSoon(): boolean {
    return libc().poll(ptr(pollfd.encode({ fd: this.fd, events: POLLIN })), 1, SLOW) > 0;
  }

  #receive(): Uint8Array {
    while (!this.#late) {
      const size = libc().recv(this.fd, ptr(buffer), buffer.length, 0);
      if (size >= 0) return buffer.subarray(0, size);
      const error = errno();
      if (error === ECONNRESET) return buffer.subarray(0, 0); // it ended without having read everything
      if (error === EAGAIN) this.#late = true;
      else if (error !== EINTR) throw new Error(`recv(stage) = ${errnoName(error)}`);
    }
    return buffer.subarray(0, 0);
  }

  /** Once: later the number may belong to something else. */
  close(): void {
    if (!this.#closed) closeDescriptor(this.fd);
    this.#closed = true;
  }
}

/** A pipe: the end to read from, the end to write to. Both are close-on-exec. */
export function makePipe(): readonly [from: number, to: number] {
  const ends = new Int32Array(2);
  if (libc().pipe2(ptr(ends), O_CLOEXEC) < 0) throw new Error(`pipe2(O_CLOEXEC) = ${errnoName(errno())}`);
  return [ends[0] as number, ends[1] as number];
}

export function closeDescriptor(fd: number): void {
  libc().close(fd);
}

// The pieces must stay reachable while the kernel reads them; they are kept on the object that is returned.
function withDescriptors(frame: Uint8Array, descriptors: readonly number[]): Uint8Array {
  const controlBytes = controlMessage(descriptors);
  const piece = iovec.encode({ base: ptr(frame), len: frame.length });
  const message = msghdr.encode({
    iov: ptr(piece),
    iovlen: 1,
    control: ptr(controlBytes),
    controllen: controlBytes.length,
  });
  return Object.assign(message, { keep: [controlBytes, piece, frame] });
}
