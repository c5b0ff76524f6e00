// What a script prints: read from a pipe without ever waiting, and kept up to a limit.

import { closeSync, readSync } from "node:fs";

export class Output {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(64 * 1024);
  readonly #kept: Uint8Array[] = [];
  #room: number;
  #cut = false;

  /** `fd`: the pipe's end to read from, with O_NONBLOCK. `limit`: in bytes. */
  constructor(fd: number, limit: number) {
    this.#fd = fd;
    this.#room = limit;
  }

  /** Takes what is there by now; what is too much is thrown away, so that nobody waits to write. False at the pipe's end. */
  read(): boolean {
    for (;;) {
      const size = this.#readSome();
      if (size === undefined) return true;
      if (size === 0) return false;
      this.#keep(this.#buffer.subarray(0, size));
    }
  }

  /** Undefined where there is nothing now. */
  #readSome(): number | undefined {
    try {
      return readSync(this.#fd, this.#buffer);
    } catch (error) {
      if ((error as { code?: string }).code === "EAGAIN") return undefined;
      throw error;
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#cut ||= bytes.length > this.#room;
    if (this.#room === 0) return;
    const kept = bytes.slice(0, this.#room);
    this.#kept.push(kept);
    this.#room -= kept.length;
  }

  /** Whether there was more than the limit. */
  get cut(): boolean {
    return this.#cut;
  }

  get text(): string {
    // of a character that has been cut through, nothing
    return new TextDecoder().decode(Buffer.concat(this.#kept), { stream: this.#cut });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
