// A system call on its way to a stage: what is to be called, with what, on whose behalf, and how it went.

import type { Fields, Struct, Values } from "../abi/struct.ts";

/**
 * Memory in the stage's arena: what it holds before the call, and places in it that hold pointers to other memory or
 * results of earlier calls. With `out`, it comes back with the reply.
 */
export class Memory {
  readonly links: { readonly at: number; readonly to: Memory | Result; readonly width: 4 | 8 }[] = [];
  /** In bytes. */
  readonly size: number;
  readonly out: boolean;
  readonly #contents: Uint8Array | string | undefined;

  constructor(contents: Uint8Array | string | undefined, { size = contents?.length ?? 0, out = false } = {}) {
    this.#contents = contents;
    this.size = size;
    this.out = out;
  }

  /** Zeroed memory that is only there for the call to fill. */
  static result(size: number): Memory {
    return new Memory(undefined, { size, out: true });
  }

  /** Nothing needs to be sent for it. */
  get blank(): boolean {
    return this.#contents === undefined;
  }

  /** A NUL-terminated string. Throws on an embedded NUL: the kernel would see a shorter string. */
  static string(text: string): Memory {
    if (text.includes("\0")) throw new Error(`a NUL byte in ${JSON.stringify(text)}: the kernel's strings end there`);
    return new Memory(text, { size: Buffer.byteLength(text) + 1 });
  }

  /** A structure whose fields may be memory (a pointer) or results of earlier calls. */
  static struct<F extends Fields>(
    shape: Struct<F>,
    values: { readonly [K in keyof F]?: Values<F>[K] | Memory | Result },
  ): Memory {
    const plain: Record<string, unknown> = {};
    const bytes = new Uint8Array(shape.size);
    const memory = new Memory(bytes);
    for (const [name, value] of Object.entries(values)) {
      if (value instanceof Memory || value instanceof Result) {
        const width = shape.fields[name] === "u64" || shape.fields[name] === "i64" ? 8 : 4;
        memory.links.push({ at: shape.offsetOf(name), to: value, width });
      } else {
        plain[name] = value;
      }
    }
    shape.encodeInto(new DataView(bytes.buffer), 0, plain as Values<F>);
    return memory;
  }

  /** An array of pointers with a null at the end, as execve(2) takes them. */
  static strings(list: readonly string[]): Memory {
    const memory = new Memory(new Uint8Array((list.length + 1) * 8));
    for (const [i, text] of list.entries()) memory.links.push({ at: i * 8, to: Memory.string(text), width: 8 });
    return memory;
  }

  /** Writes what it holds, without the links, into `buffer`, which is zero there. */
  writeTo(buffer: Buffer, at: number): void {
    if (typeof this.#contents === "string") buffer.write(this.#contents, at);
    else if (this.#contents !== undefined) buffer.set(this.#contents, at);
  }
}

/** A descriptor of this process that travels with the call's frame. */
export class Sent {
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }
}

export type Operand = number | bigint | Memory | Result | Sent;

/** Where a call comes from, for the trace and for errors. */
export interface Origin {
  readonly layer: string;
  readonly step: string;
}

export interface CallOptions {
  /** Errnos after which one goes on; up to three. A later call that uses this one's result is then skipped. */
  readonly tolerate?: readonly number[];
  /** Errno → likely cause and remedy, for the message of an error that is not tolerated. */
  readonly cause?: Readonly<Record<number, string>>;
  /** Travels in the same frame as the next call, because the stage may not be able to receive another. */
  readonly hold?: boolean;
  /** What a plan takes for the result, or for the bytes that come back. The default is 0 (a descriptor: 3 …). */
  readonly assume?: number | Uint8Array;
}

export interface Call {
  readonly serial: number;
  readonly name: string;
  readonly op: number;
  readonly number: number;
  readonly operands: readonly Operand[];
  readonly origin: Origin;
  /** `host` or `init`: whose process makes the call. */
  readonly role: string;
  readonly options: CallOptions;
  readonly result: Result;
  /** Who asked for it, as `src/layers/namespaces.ts#make`; known only where an observer asks for `sources`. */
  readonly source?: string;
  /** The call as strace(1) prints it, without the result. */
  show(): string;
}

/** The outcome of a call, known once its frame has come back. */
export class Result {
  #value: number | undefined;
  #bytes: Uint8Array | undefined;
  /** The call's number within its frame while it is under way; for the encoder. */
  slot = -1;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get settled(): boolean {
    return this.#value !== undefined;
  }

  /** The kernel's result; negative is a negated errno that was tolerated. Throws before the frame was sent. */
  get value(): number {
    if (this.#value === undefined)
      throw new Error(`the result of ${this.name} is not known yet: flush the stage first`);
    return this.#value;
  }

  get ok(): boolean {
    return this.value >= 0;
  }

  /** What the call wrote into its memory: for a call that returns a length, that many bytes. */
  get bytes(): Uint8Array {
    return this.#bytes ?? new Uint8Array(0);
  }

  settle(value: number, bytes?: Uint8Array): void {
    this.#value = value;
    this.#bytes = bytes;
  }
}
