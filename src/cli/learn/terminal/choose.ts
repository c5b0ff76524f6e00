// One question, one answer: by a key of its own, or (`--accessible`) by a number or letter and Enter, without redrawing anything.

import { type Key, readKey, readLine } from "../../keys.ts";
import { palette } from "../../palette.ts";
import { columns, pad, width } from "../../style.ts";
import type { Screen } from "./screen.ts";

export interface Choice<T> {
  /** `enter`, or a character. */
  readonly key: Key;
  /** What it does; a few words. */
  readonly text: string;
  readonly value: T;
}

export interface Chooser {
  /** Resolves with undefined when `signal` is aborted, and with `quit` when somebody wants out, or is no longer there. */
  choose<T>(choices: readonly Choice<T>[], options: ChooseOptions): Promise<T | "quit" | undefined>;
}

export interface ChooseOptions {
  readonly signal?: AbortSignal | undefined;
  /** All keys are explained before the first question of that kind, and after `?`. */
  readonly kind: string;
  /** The prompt tells keys with their words where they fit; with `brief`, the keys alone. */
  readonly brief?: boolean;
  /** The choices that are numbers have been listed already, with their words. */
  readonly listed?: boolean;
}

const TERMINAL = 1;
const quitting = new Set(["ctrl-c", "ctrl-d", "gone"]);

export const keyName = (key: Key): string => (key === "enter" ? "Enter" : key);

/** What Ctrl-C does where a terminal is not raw. Resolves when it is heard. */
export async function interrupt(signal: AbortSignal | undefined): Promise<void> {
  const heard = Promise.withResolvers<void>();
  signal?.addEventListener("abort", () => heard.resolve(), { once: true });
  process.kill(process.pid, "SIGINT");
  if (signal?.aborted === false) await heard.promise;
}

const isDigit = (key: Key): boolean => /^\d$/.test(key);

/** `1–3` */
function numbers(choices: readonly { readonly key: Key }[]): string[] {
  const keys = choices.map((it) => it.key).filter(isDigit);
  return keys.length === 0 ? [] : [`${keys[0]}–${keys.at(-1)}`];
}

/** Back to the beginning of the line, which is then empty. */
const ERASE = "\r\x1b[K";

export class KeyChooser implements Chooser {
  readonly #screen: Screen;
  /** Prompts give way to what was chosen; otherwise they stay. */
  readonly #redraws: boolean;
  readonly #known = new Set<string>();

  constructor(screen: Screen, redraws: boolean) {
    this.#screen = screen;
    this.#redraws = redraws;
  }

  async choose<T>(choices: readonly Choice<T>[], { signal, kind, brief = false, listed = false }: ChooseOptions) {
    const prompt = this.#prompt(
      listed ? choices.filter((it) => !isDigit(it.key)) : choices,
      brief,
      listed ? numbers(choices) : [],
    );
    if (!this.#known.has(kind) && !prompt.includes("▸")) this.#explain(choices);
    this.#known.add(kind);
    for (;;) {
      this.#screen.asking(prompt);
      const key = await readKey(prompt, { fd: TERMINAL, signal, end: this.#redraws ? ERASE : "\n" });
      this.#screen.answered();
      if (key === undefined) return undefined;
      if (key === "ctrl-c") await interrupt(signal);
      if (quitting.has(key)) return "quit";
      const found = choices.find((it) => it.key === (key === " " ? "enter" : key));
      if (found !== undefined) {
        if (this.#redraws && kind !== "more") this.#screen.say(`${palette().bold("▸")} ${found.text || key}`);
        if (kind !== "more") this.#screen.gap();
        return found.value;
      }
      if (key === "?" || brief) this.#explain(choices.filter((it) => it.text !== ""));
    }
  }

  #prompt<T>(choices: readonly Choice<T>[], brief: boolean, first: readonly string[]): string {
    const { bold, dim } = palette();
    const words = [...first.map(bold), ...choices.map(({ key, text }) => `${bold(keyName(key))} ${text}`)];
    const long = words.join(dim(" · "));
    if (!brief && width(long) + 6 <= columns()) return `${bold("▸")} ${long}  `;
    return bold(`[${[...first, ...choices.map((it) => keyName(it.key))].join(" ")} ?] `);
  }

  #explain<T>(choices: readonly Choice<T>[]): void {
    const { dim } = palette();
    const rows = [...choices.map(({ key, text }) => ({ key: keyName(key), text }))];
    const cells = rows.map(({ key, text }) => `${pad(key, 5)}  ${text}`);
    const size = Math.max(...cells.map(width)) + 3;
    const across = Math.max(1, Math.floor((columns() - 3) / size));
    const down = Math.ceil(cells.length / across);
    for (let i = 0; i < down; i++) {
      const line = Array.from({ length: across }, (_, j) => pad(cells[i + j * down] ?? "", size)).join("");
      this.#screen.say(dim(`   ${line.trimEnd()}`));
    }
  }
}

/** Nothing is redrawn, nothing is read before Enter, and each choice is told in words. */
export class NumberChooser implements Chooser {
  readonly #screen: Screen;
  readonly #known = new Set<string>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  async choose<T>(choices: readonly Choice<T>[], { signal, kind, brief = false, listed = false }: ChooseOptions) {
    let list = !listed && !(brief && this.#known.has(kind));
    this.#known.add(kind);
    for (;;) {
      if (list) this.#explain(choices);
      const first = choices[0];
      const enter = first?.key === "enter" ? `, or just Enter: ${first.text}` : "";
      const others = choices.filter((it) => !isDigit(it.key)).map((it) => `, ${it.key} for ${it.text}`);
      const help = list ? "" : listed ? others.join("") : ", ? for the choices";
      const prompt = `Number${listed ? "" : " or letter"}, then Enter${enter}${help}: `;
      this.#screen.asking(prompt);
      const line = await readLine(prompt, { fd: TERMINAL, signal });
      this.#screen.answered();
      if (line === undefined) return undefined;
      if (line === null) return "quit";
      const found =
        (listed ? undefined : choices[Number(line) - 1]) ??
        choices.find((it) => it.key === (line === "" ? "enter" : line));
      if (found !== undefined) return found.value;
      list = !listed;
      if (line !== "?") this.#screen.say(`There is no choice ${JSON.stringify(line)}.`);
    }
  }

  #explain<T>(choices: readonly Choice<T>[]): void {
    for (const [i, { key, text }] of choices.entries()) {
      const letter = key === "enter" || /\d/.test(key) ? "" : ` (or ${key})`;
      this.#screen.say(`${i + 1}. ${text}${letter}`);
    }
  }
}
