// Two things next to each other: in two columns where there is room, one below the other where there is none.

import { breakText } from "../fit.ts";
import { pad, width } from "../style.ts";

export interface Pair {
  /** What the row is about; may be "". A long one stands above the columns. */
  readonly label: string;
  /** In words, after or above it. */
  readonly title?: string;
  readonly a: readonly string[];
  readonly b: readonly string[];
  /** What is to be said about the two together. */
  readonly below?: string;
}

export interface Paint {
  readonly label: (text: string) => string;
  readonly aside: (text: string) => string;
  readonly a: (text: string) => string;
  readonly b: (text: string) => string;
}

/** Narrower terminals show one after the other. */
export const TWO_COLUMNS = 72;

const INDENT = 2;
const GAP = 2;
const LONGEST_LABEL = 20;

/** Rows of the same kind, so that their columns stand below each other. */
export function renderPairs(pairs: readonly Pair[], size: number, paint: Paint): string {
  if (size < TWO_COLUMNS) return pairs.map((it) => stacked(it, size, paint)).join("");
  const label = Math.max(0, ...pairs.filter(isShort).map((it) => width(it.label)));
  const start = INDENT + (label === 0 ? 0 : label + GAP);
  const column = Math.floor((size - start - GAP) / 2);
  return pairs.map((it) => sideBySide(it, { size, start, column }, paint)).join("");
}

const isShort = ({ label, title }: Pair): boolean => title === undefined && width(label) <= LONGEST_LABEL;

interface Layout {
  readonly size: number;
  readonly start: number;
  readonly column: number;
}

function sideBySide(pair: Pair, { size, start, column }: Layout, paint: Paint): string {
  const short = isShort(pair);
  const left = pair.a.flatMap((it) => breakText(it, column));
  const right = pair.b.flatMap((it) => breakText(it, column));
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const name = pad(`${" ".repeat(INDENT)}${i === 0 && short ? paint.label(pair.label) : ""}`, start);
    return `${`${name}${pad(paint.a(left[i] ?? ""), column + GAP)}${paint.b(right[i] ?? "")}`.trimEnd()}\n`;
  });
  return [...(short ? [] : heading(pair, size, paint)), ...lines, ...asides(pair.below, size, paint)].join("");
}

function stacked(pair: Pair, size: number, paint: Paint): string {
  const indent = " ".repeat(INDENT);
  const side = (sign: string, lines: readonly string[], color: (text: string) => string): string[] =>
    lines
      .flatMap((it) => breakText(it, size - INDENT - 3))
      .map((it, i) => `${indent}${i === 0 ? `${sign}  ` : "   "}${color(it)}`.trimEnd().concat("\n"));
  const below = asides(pair.below, size, paint);
  return [...heading(pair, size, paint), ...side("A", pair.a, paint.a), ...side("B", pair.b, paint.b), ...below].join(
    "",
  );
}

function heading({ label, title = "" }: Pair, size: number, paint: Paint): string[] {
  if (label === "" && title === "") return [];
  const whole = `${label}  ${title}`.trim();
  if (title === "" || width(whole) > size - INDENT) {
    const lines = breakText(label, size - INDENT).map((it) => `${" ".repeat(INDENT)}${paint.label(it)}\n`);
    return [...lines, ...asides(title || undefined, size, paint)];
  }
  return [`${" ".repeat(INDENT)}${paint.label(label)}  ${paint.aside(title)}\n`];
}

const asides = (text: string | undefined, size: number, paint: Paint): string[] =>
  text === undefined ? [] : breakText(text, size - INDENT).map((it) => `${" ".repeat(INDENT)}${paint.aside(it)}\n`);
