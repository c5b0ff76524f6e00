// What is typed on the terminal: a key without waiting for Enter, or a line. Nothing is read while nobody asks, so whatever is
// typed later belongs to whoever has the terminal then: a shell, or the program in the container.

import { constants, openSync, writeSync } from "node:fs";

/** Names of keys that are no character. `gone`: the terminal has been closed, and nobody will ever answer. */
export type Key = string;

const names: Readonly<Record<string, Key>> = {
  "\r": "enter",
  "\n": "enter",
  "\x1b": "escape",
  "\x03": "ctrl-c",
  "\x04": "ctrl-d",
  "\x7f": "backspace",
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
};

interface Reader {
  read(): Promise<{ value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The terminal's keyboard, from `open` to `close`. */
export class Keyboard {
  readonly #reader: Reader;
  readonly #restore: () => void;
  readonly #decoder = new TextDecoder();
  #closing: Promise<void> | undefined;

  private constructor(reader: Reader, restore: () => void) {
    this.#reader = reader;
    this.#restore = restore;
  }

  /** `raw`: each key comes at once and is not shown, and Ctrl-C is a key, too. */
  static async open(raw: boolean): Promise<Keyboard> {
    // a descriptor of its own, and no read left pending on it when it is closed
    const fd = openTerminal();
    // loaded here and not above: in the release it would be loaded at every start, and it is slow
    const { ReadStream } = await import("node:tty");
    const terminal = new ReadStream(fd);
    const cooked = (): void => {
      try {
        if (raw) terminal.setRawMode(false);
      } catch {} // it has gone: there is nothing to restore
    };
    const reader = Bun.file(fd).stream().getReader();
    if (raw) {
      terminal.setRawMode(true);
      // whoever ends the process meanwhile leaves a terminal that one can type on
      process.once("exit", cooked);
    }
    return new Keyboard(reader, () => {
      process.off("exit", cooked);
      cooked();
      terminal.destroy();
    });
  }

  /** What was typed since; "" once the terminal has gone, or the keyboard was closed. */
  async read(): Promise<string> {
    try {
      const { value } = await this.#reader.read();
      return value === undefined ? "" : this.#decoder.decode(value, { stream: true });
    } catch {
      return ""; // EIO: it was hung up
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // a terminal that has gone cannot be asked to stop
    } finally {
      this.#restore();
    }
  }
}

function openTerminal(): number {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return openSync("/dev/tty", flags);
  } catch {
    // a session without a terminal of its own, whose stdin is one all the same
    return openSync("/dev/stdin", flags);
  }
}

export interface Asking {
  /** Where the prompt is written. */
  readonly fd: number;
  /** Ends the asking; the answer is then undefined. */
  readonly signal?: AbortSignal | undefined;
}

interface AskingKey extends Asking {
  readonly end?: string;
}

/** One key: a character, or a name of it. What is written after it is `end`. */
export async function readKey(prompt: string, { fd, signal, end = "\n" }: AskingKey): Promise<Key | undefined> {
  const text = await whileOpen(true, signal, (keyboard) => {
    // not before it is a key that Ctrl-C is
    write(fd, prompt);
    return keyboard.read();
  });
  write(fd, end);
  if (text === undefined) return undefined;
  if (text === "") return "gone";
  const keys = splitKeys(text);
  // what came in one piece with it was pasted, or typed while nobody asked: it is no answer to what has not been asked yet. But
  // who wants to leave, wants to leave
  return keys.includes("ctrl-c") ? "ctrl-c" : (keys[0] ?? "unknown");
}

/** A line, as the terminal lets one edit it; null at the end of input, or of the terminal. */
export async function readLine(prompt: string, { fd, signal }: Asking): Promise<string | null | undefined> {
  const text = await whileOpen(false, signal, (keyboard) => {
    write(fd, prompt);
    return keyboard.read();
  });
  if (text === undefined) write(fd, "\n");
  if (text === "") return null;
  return text?.trim();
}

async function whileOpen(
  raw: boolean,
  signal: AbortSignal | undefined,
  read: (keyboard: Keyboard) => Promise<string>,
): Promise<string | undefined> {
  if (signal?.aborted) return undefined;
  const keyboard = await Keyboard.open(raw);
  const stop = (): void => void keyboard.close();
  signal?.addEventListener("abort", stop);
  try {
    const text = await read(keyboard);
    return signal?.aborted ? undefined : text;
  } finally {
    signal?.removeEventListener("abort", stop);
    await keyboard.close();
  }
}

/** A key's sequence of bytes by its name, each character by itself; sequences that have no name are dropped. */
export function splitKeys(text: string): Key[] {
  const parts = text.match(/\x1b(?:[[O][0-9;]*[A-Za-z~])?|[\s\S]/gu) ?? [];
  return parts.flatMap((it) => {
    const name = names[it.replace(/^\x1bO/, "\x1b[")];
    if (name !== undefined) return [name];
    return it.startsWith("\x1b") || (it < " " && it !== "\t") ? [] : [it];
  });
}

function write(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {
    // a terminal that has gone: reading will tell
  }
}
