// What a run prints, against what a lesson says it prints. Outputs differ from machine to machine and from run to run; what
// may differ is named in the pattern, and everything else has to be there letter by letter.

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

/** Values by their names, which last until the end of a lesson. */
export type Names = Map<string, string>;

/**
 * Undefined where the output is as expected; else the first difference, in a few lines. Learns the values of new names, only if
 * all of it is right.
 */
export function matchOutput(expect: Expect, output: string, names: Names): string | undefined {
  const lines = linesOf(output);
  const found = match(expect.lines.map(tidy), lines, names);
  if (!("names" in found)) return explainDifference(found, lines);
  for (const [name, value] of found.names) names.set(name, value);
  return undefined;
}

/** Undefined where `status` is as expected. */
export function matchStatus({ status }: Pick<Expect, "status">, actual: number): string | undefined {
  return status === "any" || status === actual ? undefined : `expected exit status ${status}, got ${actual}`;
}

/** What cannot be meant in a line of an `expect`. */
export function patternProblem(line: string): { readonly reason: string; readonly remedy: string } | undefined {
  if (/^\s*\.\.\.\s*$/.test(line)) return { reason: "three dots are three dots", remedy: `${anyLines} for any lines` };
  const near = /<(numbers?|num|n|int|hex|word|any|string|pid|inode)(:[^>]*)?>/gi;
  for (const [found, kind = "", name = ""] of line.matchAll(near)) {
    if (found.replace(placeholder, "") === "") continue;
    const known = Object.hasOwn(kinds, kind) ? kind : kind.toLowerCase() === "string" ? "any" : "number";
    return {
      reason: `${found} stands for nothing`,
      remedy: `<${known}> or <${known}:name>${name.length > 1 ? ", the name of letters, digits and -" : ""}`,
    };
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
  /** How many lines of the output were as expected. */
  readonly good: number;
  /** What should have come then; undefined: nothing. */
  readonly wanted: string | undefined;
  /** It came earlier with another value. */
  readonly named: string | undefined;
}

type Found = { readonly names: Names } | Difference;

// Backtracks over the places where `…` may end. Where all fail, the attempt that came furthest is told.
function match(wanted: readonly string[], lines: readonly string[], names: Names, at = 0): Found {
  const [first, ...rest] = wanted;
  if (first === undefined) return at === lines.length ? { names } : { good: at, wanted: undefined, named: undefined };
  if (first !== anyLines) {
    const seen = matchLine(first, lines[at], names);
    return "names" in seen ? match(rest, lines, seen.names, at + 1) : { good: at, wanted: first, named: seen.named };
  }
  if (rest.length === 0) return { names };
  let furthest: Difference | undefined;
  for (let end = at; end <= lines.length; end++) {
    const found = match(rest, lines, names, end);
    if ("names" in found) return found;
    // a line that began nowhere was looked for in all of what is left
    const began = found.good > end;
    const told = began ? found : { ...found, good: lines.length };
    if (furthest === undefined || (began && told.good >= furthest.good)) furthest = told;
  }
  return furthest as Difference;
}

function matchLine(
  wanted: string,
  line: string | undefined,
  names: Names,
): { names: Names } | { named: string | undefined } {
  if (line === undefined) return { named: undefined };
  const groups: string[] = [];
  const pattern = (known: Names): RegExp => {
    groups.length = 0;
    let source = "";
    let from = 0;
    for (const found of wanted.matchAll(placeholder)) {
      const [text, kind = "", name] = found;
      source += RegExp.escape(wanted.slice(from, found.index));
      from = found.index + text.length;
      const value = name === undefined ? undefined : known.get(name);
      if (value !== undefined) source += RegExp.escape(value);
      else if (name !== undefined && groups.includes(name)) source += `\\${groups.indexOf(name) + 1}`;
      else if (name !== undefined) source += `(${kinds[kind]})${groups.push(name) ? "" : ""}`;
      else source += kinds[kind];
    }
    return new RegExp(`^${source}${RegExp.escape(wanted.slice(from))}$`);
  };
  const found = pattern(names).exec(line);
  if (found !== null)
    return { names: new Map([...names, ...groups.map((it, i) => [it, found[i + 1] as string] as const)]) };
  const free = pattern(new Map()).exec(line);
  if (free === null) return { named: undefined };
  const other = groups.findIndex((it, i) => names.has(it) && names.get(it) !== free[i + 1]);
  const name = groups[other];
  return { named: name && `${name} was ${names.get(name)} before, and is ${free[other + 1]} here` };
}

function explainDifference({ good, wanted, named }: Difference, lines: readonly string[]): string {
  const got = lines[good];
  const where = `line ${good + 1} of the output`;
  if (wanted === undefined) return `${where} is one too many: ${got}`;
  if (got === undefined && lines.length === 0) return `nothing was printed\n  expected: ${wanted}`;
  if (got === undefined)
    return `it is nowhere in the output\n  expected: ${wanted}\n  the last line was: ${lines.at(-1)}`;
  return `${where} is not as expected\n  expected: ${wanted}\n  got:      ${got}${named === undefined ? "" : `\n  (${named})`}`;
}
