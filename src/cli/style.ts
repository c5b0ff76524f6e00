// How text looks on a terminal: colours, width, wrapping. Colour is never the only sign of anything.

import { isTerminal } from "../core/is-terminal.ts";

export { isTerminal };

/** Prose is not made wider than this, however wide the terminal is. */
const PROSE = 80;

const STDOUT = 1;

let fixedWidth: number | undefined;

/** From now on that many columns: what is written is for another terminal, or for a file. */
export function fixColumns(size: number): void {
  fixedWidth = size;
}

/** The terminal's width; COLUMNS, or 80, where there is none. */
export function columns(): number {
  if (fixedWidth !== undefined) return fixedWidth;
  const width = (isTerminal(STDOUT) ? process.stdout.columns : 0) || Number(process.env["COLUMNS"]);
  return Number.isInteger(width) && width > 0 ? Math.max(width, 20) : PROSE;
}

export function proseWidth(): number {
  return Math.min(columns(), PROSE);
}

/** Columns that the text takes; escape sequences take none. */
export function width(text: string): number {
  return Bun.stringWidth(text);
}

export function pad(text: string, size: number): string {
  return text + " ".repeat(Math.max(0, size - width(text)));
}

/**
 * One paragraph, cut into lines at most `size` columns wide, each after `indent`. What stands between backticks is a command or
 * a name, and is not cut.
 */
export function wrap(text: string, size = proseWidth(), indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && width(indent + longer) > size) {
      lines.push(indent + line);
      line = word;
    } else {
      line = longer;
    }
  }
  if (line !== "") lines.push(indent + line);
  return lines.join("\n");
}

/** Rows under their headings; where the terminal is too narrow for that, one record after another. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((it, i) => Math.max(width(it), ...rows.map((row) => width(row[i] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((it, i) => pad(it, widths[i] as number))
      .join("   ")
      .trimEnd();
  const total = widths.reduce((sum, it) => sum + it + 3, -3);
  if (!isTerminal(STDOUT) || total <= columns()) return [headings, ...rows].map((row) => `${line(row)}\n`).join("");
  const label = Math.max(...headings.map(width));
  return rows.map((row) => row.map((it, i) => `${pad(headings[i] as string, label)}  ${it}\n`).join("")).join("\n");
}

/** `1 call`, `2 calls`. */
export const count = (number: number, word: string, words = `${word}s`): string =>
  `${number} ${number === 1 ? word : words}`;

/** Control characters, with which a program could take over the terminal, made visible: `\x1b`. */
export function visible(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, (it) => `\\x${it.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** What a program has printed must not steer the terminal; its lines and tabs stay. */
export const safe = (text: string): string =>
  text
    .split("\n")
    .map((it) => it.split("\t").map(visible).join("\t"))
    .join("\n");
