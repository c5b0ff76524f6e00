// What happens to a frame: a live stage makes its calls; a plan pretends, with the results that the calls name.

import type { Call } from "./call.ts";
import type { Transport } from "./channel.ts";
import { StageError, StageGone } from "./error.ts";
import type { Frame } from "./frame.ts";
import { reply } from "./wire.ts";

export interface Executor {
  /**
   * Starts the frame's calls. What is returned waits for them, settles their results, and returns the index of the call that
   * ended the frame too early, if one did.
   */
  begin(frame: Frame): Wait;
  /** From now on, a stage that does not answer for so long counts as gone. */
  limit(seconds: number): void;
  /** Whether it counts as gone for that reason. */
  readonly late: boolean;
}

/** `seconds`: as with `limit`, for this once. A limit that there is already goes before. */
export type Wait = (seconds?: number) => number | undefined;

/** Sends frames to a stage and waits for its replies. */
export class Live implements Executor {
  readonly #role: string;
  readonly #transport: Transport;
  readonly #kill: () => void;
  #serial = 0;
  /** In seconds; 0: none. */
  #limit = 0;
  /** Reads the reply that nobody has asked for yet: replies come in the order of the frames. */
  #unread: (() => void) | undefined;
  #leap: { readonly frame: Frame; readonly serial: number } | undefined;

  /** `kill` ends the process when it counts as gone because it does not answer, where there is somebody who can. */
  constructor(role: string, transport: Transport, kill = (): void => {}) {
    this.#role = role;
    this.#transport = transport;
    this.#kill = kill;
  }

  limit(seconds: number): void {
    this.#limit = seconds;
    this.#transport.limit(seconds);
  }

  get late(): boolean {
    return this.#transport.late;
  }

  begin(frame: Frame): Wait {
    this.#unread?.();
    const serial = ++this.#serial;
    const packets = frame.encode(serial);
    const last = frame.calls.at(-1) as Call;
    for (const [i, it] of packets.entries()) {
      const sent = this.#transport.send(it, i === packets.length - 1 ? frame.descriptors : []);
      if (!sent) throw this.#gone(last);
    }
    if (last.name === "execveat") return () => this.#leapInto(frame, serial);
    let outcome: (() => number | undefined) | undefined;
    const read = (): void => {
      this.#unread = undefined;
      outcome = outcomeOf(() => this.#finish(frame, packets.length));
    };
    this.#unread = read;
    return (seconds = 0) => {
      if (outcome === undefined) this.#within(this.#limit || seconds, read);
      return outcome?.();
    };
  }

  #within(seconds: number, read: () => void): void {
    if (seconds !== this.#limit) this.#transport.limit(seconds);
    read();
    if (seconds !== this.#limit) this.#transport.limit(this.#limit);
  }

  // Nobody knows what one that does not answer will do when it goes on, and what it does may be taken back before that.
  #gone(call: Call): StageGone {
    if (this.late) this.#kill();
    return new StageGone(this.#role, call.show(), this.late);
  }

  /** Each packet has a reply; the last one is that of the calls. */
  #finish(frame: Frame, packets: number): number | undefined {
    let answer: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < packets; i++) answer = this.#receive();
    if (answer.length > 0) return frame.settle(answer);
    const last = frame.calls.at(-1) as Call;
    if (this.late || last.name !== "execve") throw this.#gone(last);
    for (const call of frame.calls) call.result.settle(0);
    return undefined;
  }

  // execveat replaces the stage by another one on the same channel: nobody is left to reply, unless it failed.
  #leapInto(frame: Frame, serial: number): undefined {
    for (const call of frame.calls) call.result.settle(0);
    this.#leap = { frame, serial };
  }

  #receive(): Uint8Array {
    const answer = this.#transport.receive();
    if (this.#leap === undefined || answer.length === 0) return answer;
    const { frame, serial } = this.#leap;
    this.#leap = undefined;
    const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
    if (reply.decode(view).serial !== serial) return answer;
    const failed = frame.calls[frame.settle(answer) ?? 0] as Call;
    throw new StageError(failed, -failed.result.value);
  }
}

/** What an action comes to, for somebody else to learn: a value, or the error. */
function outcomeOf<T>(action: () => T): () => T {
  try {
    const value = action();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

const opens = new Set([
  "openat",
  "openat2",
  "open_tree",
  "fsopen",
  "fsmount",
  "socket",
  "memfd_create",
  "pidfd_open",
  "signalfd4",
]);

/** Makes no call: each succeeds, with the result that it says may be assumed. */
export class Plan implements Executor {
  readonly late = false;
  #descriptor = 4;

  limit(): void {}

  begin(frame: Frame): () => undefined {
    for (const call of frame.calls) {
      const { assume } = call.options;
      if (typeof assume === "number") call.result.settle(assume);
      else if (assume !== undefined) call.result.settle(assume.length, assume);
      else call.result.settle(opens.has(call.name) ? this.#descriptor++ : 0);
    }
    return () => undefined;
  }
}
