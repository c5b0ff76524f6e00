// A command on a pseudo-terminal of its own, as a person at a keyboard would run it.

import { descendants, killTree } from "./processes.ts";
import { matches, waitUntil } from "./run.ts";

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds after which everything on the terminal is killed. Default: 60,000. */
  readonly timeout?: number;
}

export interface TestTerminal {
  /** All that the command has written to the terminal so far, control sequences included. */
  readonly screen: string;
  /** Types: `"\r"` is Enter, `"\x03"` Ctrl-C, `"\x1b[A"` the up arrow. */
  type(keys: string): void;
  /** Waits until the text appears after what an earlier `until` has matched. */
  until(text: string | RegExp, milliseconds?: number): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Hangs up, as closing the window does (SIGHUP). */
  close(): void;
  /** The exit code, once the command has ended. */
  readonly exited: Promise<number>;
  /** The pids on this terminal. */
  readonly pids: readonly number[];
}

export function openTerminal(argv: readonly string[], options: TerminalOptions = {}): TestTerminal {
  const { columns = 80, rows = 24, env = {}, cwd, timeout = 60_000 } = options;
  const decoder = new TextDecoder();
  let screen = "";
  let seen = 0;
  const child = Bun.spawn([...argv], {
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm-256color", ...env },
    ...(cwd === undefined ? {} : { cwd }),
    terminal: {
      cols: columns,
      rows,
      data: (_, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  const terminal = child.terminal as Bun.Terminal;
  const timer = setTimeout(() => killTree(child.pid), timeout);
  const exited = child.exited.then(async (code) => {
    clearTimeout(timer);
    await Bun.sleep(10); // the last bytes are still on their way
    terminal.close();
    return code;
  });
  return {
    get screen() {
      return screen;
    },
    type: (keys) => void terminal.write(keys),
    async until(text, milliseconds = 30_000) {
      const fresh = (): string => screen.slice(seen);
      await waitUntil(
        () => matches(fresh(), text),
        milliseconds,
        () => {
          return `${JSON.stringify(String(text))} did not appear on the terminal, which shows: ${JSON.stringify(fresh())}`;
        },
      );
      seen += end(fresh(), text);
    },
    resize: (width, height) => terminal.resize(width, height),
    close: () => terminal.close(),
    exited,
    get pids() {
      return [child.pid, ...descendants(child.pid).map((it) => it.pid)];
    },
  };
}

function end(text: string, wanted: string | RegExp): number {
  if (typeof wanted === "string") return text.indexOf(wanted) + wanted.length;
  const match = new RegExp(wanted.source, wanted.flags.replace("g", "")).exec(text);
  return match === null ? 0 : match.index + match[0].length;
}
