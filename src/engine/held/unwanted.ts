// `rm --force` of a held container, from another terminal. Its minidocker lives and has nothing to wait for, so it looks now and then
// whether the container is still wanted: whoever has made it takes it back, as with every other.

import { existsSync, writeFileSync } from "node:fs";
import { Refusal } from "../../core/refusal.ts";
import { containerDir, type Paths } from "../../state/paths.ts";

const fileOf = (paths: Paths, id: string): string => `${containerDir(paths, id)}/unwanted`;

/** Asks whoever holds it to take it back. */
export function declareUnwanted(paths: Paths, id: string): void {
  try {
    writeFileSync(fileOf(paths, id), "", { mode: 0o600 });
  } catch {
    // it has just been removed, or the disk is full: then nobody is asked, and it ends with its minidocker
  }
}

/** From one look to the next, in milliseconds. */
const LOOK = 100;

/** The holder's part: looks whether it is still wanted, and closes it when it is not. */
export class Lookout {
  readonly #file: string;
  readonly #name: string;
  readonly #close: () => Promise<void>;
  readonly #gone = new AbortController();
  readonly #timer: Timer;
  #over = false;
  #removed: Refusal | undefined;

  constructor(paths: Paths, { id, name }: { readonly id: string; readonly name: string }, close: () => Promise<void>) {
    this.#file = fileOf(paths, id);
    this.#name = name;
    this.#close = close;
    this.#timer = setInterval(() => this.look(), LOOK);
    this.#timer.unref();
  }

  /** That it has been removed by another command. */
  get removed(): Refusal | undefined {
    return this.#removed;
  }

  /** Aborted when it has been removed, and all of it is taken back. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  look(): void {
    if (this.#over || !existsSync(this.#file)) return;
    this.#removed = new Refusal(`container ${this.#name} has been removed by another command`, 1);
    const abort = (): void => this.#gone.abort(this.#removed);
    this.#close().then(abort, abort);
  }

  /** It is being closed: there is nothing to look for any more. */
  end(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }
}
