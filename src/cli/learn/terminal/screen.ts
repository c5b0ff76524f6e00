// Text in portions that can be read: it is only ever added to, and it stops before more than a screen has gone by unread.

import { print } from "../../output.ts";
import { columns, isTerminal, width } from "../../style.ts";

/** `flow`: text is added, with a stop for each screen. `slides`: each heading begins on an empty screen. `stream`: no stops. */
export type Manner = "flow" | "slides" | "stream";

interface Piece {
  /** As it is for the present width. */
  readonly render: () => string;
  readonly heading: boolean;
  /** Called when what stands before it has been shown. */
  readonly shown?: () => void;
}

/** Asks for a key when a screen is full. False: the learner wants to do something else. */
export type More = () => Promise<boolean>;

/** Lines that a stop itself takes, with the line above it. */
const STOP = 3;
/** Rows of a terminal that does not tell. */
const ROWS = 24;
const CLEAR = "\x1b[2J\x1b[H";

const trim = (text: string): string => text.replace(/^\n+|\s+$/g, "");

export class Screen {
  readonly manner: Manner;
  #pending: Piece[] = [];
  /** Rows that are filled since the last stop. */
  #used = 0;
  #prompt: string | undefined;
  /** Whether the last line is empty; above the first one is nothing to keep apart from. */
  #blank = true;

  constructor(manner: Manner) {
    this.manner = manner;
  }

  /** To be shown before the next question. While one is being asked, it is shown at once, above it. */
  add(text: string | (() => string), { heading = false } = {}): void {
    const render = (): string => trim(typeof text === "string" ? text : text());
    if (this.#prompt !== undefined) {
      const trimmed = render();
      if (trimmed === "") return;
      print(`${this.manner === "stream" ? "\n" : "\r\x1b[K"}${trimmed}\n\n${this.#prompt}`);
      this.#used += this.#height(trimmed) + 1;
      return;
    }
    this.#pending.push({ render, heading });
  }

  /** Calls `action` when everything so far has been shown. */
  afterwards(action: () => void): void {
    this.#pending.push({ render: () => "", heading: false, shown: action });
  }

  /** Shows what is pending. With `more`, as much as fits, then it asks. False where that was answered with something else. */
  async flush(more?: More): Promise<boolean> {
    for (;;) {
      const [piece, ...rest] = this.#pending;
      if (piece === undefined) return true;
      if (piece.shown !== undefined) {
        piece.shown();
        this.#pending = rest;
        continue;
      }
      const text = piece.render();
      if (text === "") {
        this.#pending = rest;
        continue;
      }
      if (more !== undefined && !(await this.#makeRoom(piece, rest, more))) return false;
      this.#pending = rest;
      if (piece.heading) this.gap();
      const lines = piece.render().split("\n");
      const room = this.#rows - STOP;
      const first = more === undefined ? lines.length : this.#fitting(lines, room);
      this.#write(lines.slice(0, first).join("\n").trimEnd());
      if (first < lines.length)
        this.#pending.unshift({ render: () => lines.slice(first).join("\n").replace(/^\n+/, ""), heading: false });
      if (this.manner !== "stream" || rest.length > 0) this.gap();
    }
  }

  /** Shown at once: an answer to what was just asked. */
  say(text: string): void {
    this.#write(text);
  }

  /** An empty line, unless there is one. */
  gap(): void {
    if (!this.#blank) this.#write("");
  }

  /** Drops what has not been shown: the learner is elsewhere. */
  drop(): void {
    this.#pending = [];
  }

  /** What is asked, so that something that is told meanwhile does not overwrite it. */
  asking(prompt: string): void {
    this.#prompt = prompt;
  }

  /** The learner has answered, so all of it was read. */
  answered(): void {
    this.#prompt = undefined;
    this.#used = 0;
    // the answer stays where it was given
    if (this.manner === "stream") this.#blank = false;
  }

  clear(): void {
    this.#used = 0;
    if (this.manner !== "slides") return;
    print(CLEAR);
    this.#blank = true;
  }

  async #makeRoom(piece: Piece, rest: readonly Piece[], more: More): Promise<boolean> {
    if (this.manner === "stream" || this.#used === 0) {
      if (piece.heading) this.clear();
      return true;
    }
    if (!this.#isFull(piece, rest)) return true;
    if (!(await more())) return false;
    this.#used = 0;
    if (piece.heading) this.clear();
    return true;
  }

  #isFull(piece: Piece, rest: readonly Piece[]): boolean {
    if (piece.heading && this.manner === "slides") return true;
    const left = this.#rows - STOP - this.#used;
    const own = this.#height(piece.render());
    if (own > left) return own <= this.#rows - STOP || left < this.#rows / 3;
    // a heading is not left alone at the end of a screen, nor what belongs to it cut, if it can stand on the next one as a whole
    if (!piece.heading) return false;
    const next = rest.findIndex((it) => it.heading);
    const section = [piece, ...rest.slice(0, next === -1 ? rest.length : next)];
    const total = section.reduce((sum, it) => sum + this.#height(it.render()) + 1, 0);
    return total > left && (total <= this.#rows - STOP || left < this.#rows / 2);
  }

  #fitting(lines: readonly string[], room: number): number {
    if (this.manner === "stream") return lines.length;
    let used = this.#used;
    const at = lines.findIndex((it) => {
      used += this.#height(it);
      return used > room;
    });
    return at === -1 ? lines.length : Math.max(1, at);
  }

  #write(text: string): void {
    print(`${text}\n`);
    this.#blank = text === "" || text.endsWith("\n");
    this.#used += this.#height(text);
  }

  #height(text: string): number {
    const size = columns();
    return text.split("\n").reduce((sum, it) => sum + Math.max(1, Math.ceil(width(it) / size)), 0);
  }

  get #rows(): number {
    const rows = isTerminal(1) ? process.stdout.rows : 0;
    return rows > 0 ? Math.max(rows, STOP + 3) : ROWS;
  }
}
