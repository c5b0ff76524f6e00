// What a run prints, against what a lesson says it prints. Outputs differ from machine to machine and from run to run; what
// may differ is named in the pattern, and everything else has to be there letter by letter.

import { nearest } from "../core/nearest.ts";
import type { Expect } from "./lesson.ts";

/** Stands for any number of lines, also none. */
const anyLines = "…";

const kinds: Readonly<Record<string, string>> = {
  number: "\\d+",
  hex: "(?:0x)?[0-9a-fA-F]+",
  word: "\\S+",
  any: ".*?",
};

const placeholder = /<(number|hex|word|any)(?::([A-Za-z][\w-]*))?>/g;

const everyPlaceholder = `${Object.keys(kinds)
  .map((it) => `<${it}>`)
  .join(", ")}, each also with a name, <number:name>`;

/** What others would call a number. */
const numbers: ReadonlySet<string> = new Set(["n", "int", "pid", "inode"]);

/** Values by their names, which last until the end of a lesson. */
export type Names = Map<string, string>;

/**
 * Undefined where the output is as expected; else the first difference, in a few lines. Learns the values of new names, only if
 * all of it is right.
 */
export function matchOutput(expect: Expect, output: string, names: Names): string | undefined {
  const wanted = expect.lines.map(tidy);
  const lines = linesOf(output);
  const match = new Match(wanted, lines);
  const found = match.from(0, 0, names);
  if (found === undefined) return explain(match.furthest, wanted, lines);
  for (const [name, value] of found) names.set(name, value);
  return undefined;
}

/** Undefined where `status` is as expected. */
export function matchStatus({ status }: Pick<Expect, "status">, actual: number): string | undefined {
  return status === "any" || status === actual ? undefined : `expected exit status ${status}, got ${actual}`;
}

/** What cannot be meant in a line of an `expect`. */
export function patternProblem(line: string): { readonly reason: string; readonly remedy: string } | undefined {
  if (/^\s*\.\.\.\s*$/.test(line)) return { reason: "three dots are three dots", remedy: `${anyLines} for any lines` };
  for (const [found, kind = "", name] of line.matchAll(/<([A-Za-z][\w-]*)(?::([^<>\s]*))?>/g)) {
    if (found.replace(placeholder, "") === "") continue;
    const named = name !== undefined && /^[A-Za-z][\w-]*$/.test(name);
    if (Object.hasOwn(kinds, kind))
      return {
        reason: `${JSON.stringify(name)} is no name of a placeholder`,
        remedy: `<${kind}> or <${kind}:name>, the name of letters, digits, _ and -`,
      };
    const guess = numbers.has(kind.toLowerCase()) ? "number" : nearest(kind.toLowerCase(), Object.keys(kinds));
    // <defunct> may be what a program prints
    if (guess === undefined && !named) continue;
    const meant = guess === undefined ? "one of" : `<${guess}${named ? `:${name}` : ""}>; there are`;
    return { reason: `there is no placeholder ${found}`, remedy: `${meant} ${everyPlaceholder}` };
  }
  return undefined;
}

/** Blanks at the end do not count, and several in a row are as good as one. */
const tidy = (line: string): string => line.replace(/\s+/g, " ").trimEnd();

function linesOf(output: string): string[] {
  const lines = output.replace(/\r\n/g, "\n").split("\n").map(tidy);
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

interface Difference {
  /** How many lines of the pattern have found theirs. */
  readonly matched: number;
  /** The line of the output where the next one was looked for, from 0. */
  readonly at: number;
  /** It would have been right, but for a name that had another value. */
  readonly named: string | undefined;
}

/** Tries every place where a `…` may end, and of all failures remembers the one that came furthest. */
class Match {
  readonly #wanted: readonly string[];
  readonly #lines: readonly string[];
  // what was tried in vain: or many gaps over many lines would take forever
  readonly #failed = new Set<string>();
  furthest: Difference = { matched: -1, at: 0, named: undefined };

  constructor(wanted: readonly string[], lines: readonly string[]) {
    this.#wanted = wanted;
    this.#lines = lines;
  }

  /** The names with what was learned, or undefined where the rest of the pattern does not fit the rest of the output. */
  from(matched: number, at: number, names: Names): Names | undefined {
    const key = JSON.stringify([matched, at, ...names.values()]);
    if (this.#failed.has(key)) return undefined;
    const found = this.#try(matched, at, names);
    if (found === undefined) this.#failed.add(key);
    return found;
  }

  #try(matched: number, at: number, names: Names): Names | undefined {
    const wanted = this.#wanted[matched];
    if (wanted === anyLines) return this.#anywhere(matched + 1, at, names);
    if (wanted === undefined) return at === this.#lines.length ? names : this.#fail({ matched, at, named: undefined });
    const seen = matchLine(wanted, this.#lines[at], names);
    return "names" in seen
      ? this.from(matched + 1, at + 1, seen.names)
      : this.#fail({ matched, at, named: seen.named });
  }

  #anywhere(matched: number, at: number, names: Names): Names | undefined {
    if (matched === this.#wanted.length) return names;
    for (let place = at; place <= this.#lines.length; place++) {
      const found = this.from(matched, place, names);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #fail(difference: Difference): undefined {
    if (difference.matched > this.furthest.matched) this.furthest = difference;
  }
}

function matchLine(
  wanted: string,
  line: string | undefined,
  names: Names,
): { names: Names } | { named: string | undefined } {
  if (line === undefined) return { named: undefined };
  const learned = valuesIn(wanted, line, names);
  if (learned !== undefined) return { names: new Map([...names, ...learned]) };
  const free = valuesIn(wanted, line, new Map()) ?? new Map<string, string>();
  const other = [...free].find(([name, value]) => names.has(name) && names.get(name) !== value);
  return { named: other && `${other[0]} was ${names.get(other[0])} before, and is ${other[1]} here` };
}

/** The values of the names in `wanted` that are not known yet; undefined where the line is another. */
function valuesIn(wanted: string, line: string, known: Names): Names | undefined {
  const fresh: string[] = [];
  const holes = wanted.matchAll(placeholder).map(([, kind = "", name]) => {
    const value = name === undefined ? undefined : known.get(name);
    if (value !== undefined) return RegExp.escape(value);
    if (name === undefined) return `${kinds[kind]}`;
    if (fresh.includes(name)) return `\\${fresh.indexOf(name) + 1}`;
    fresh.push(name);
    return `(${kinds[kind]})`;
  });
  const [first = "", ...others] = wanted
    .replace(placeholder, "\0")
    .split("\0")
    .map((it) => RegExp.escape(it));
  const source = others.reduce((text, it) => `${text}${holes.next().value}${it}`, first);
  const found = new RegExp(`^${source}$`).exec(line);
  return found === null ? undefined : new Map(fresh.map((it, i) => [it, found[i + 1] as string]));
}

function explain({ matched, at, named }: Difference, wanted: readonly string[], lines: readonly string[]): string {
  const expected = wanted[matched];
  const got = lines[at];
  const where = `line ${at + 1} of the output`;
  if (expected === undefined) return `${where} is one too many: ${got}`;
  if (lines.length === 0) return `nothing was printed\n  expected: ${expected}`;
  const why = named === undefined ? "" : `\n  (${named})`;
  const anywhere = wanted[matched - 1] === anyLines;
  if (got === undefined || (anywhere && named === undefined))
    return `it is nowhere in the output\n  expected: ${expected}\n  the last line was: ${lines.at(-1)}`;
  return `${where} is not as expected\n  expected: ${expected}\n  got:      ${got}${why}`;
}
