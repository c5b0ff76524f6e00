// A piece of minidocker's own sources, by the name of what it declares: a function, a method, a constant, a type, with the
// comment above it. Works on the text alone, because a release build has no compiler in it.

import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { Refusal } from "../core/refusal.ts";
import { textRoot } from "./root.ts";

export interface Excerpt {
  readonly text: string;
  /** Its first line in the file, counted from 1. */
  readonly firstLine: number;
}

/** `src/layers/namespaces.ts`, `make`; a member of a class or an object is `Stage.flush`. Throws a Refusal where there is none. */
export function excerpt(file: string, symbol: string, root = textRoot()): Excerpt {
  const found = findSymbol(sourceText(file, root), symbol);
  if (found === undefined) throw new Refusal(`${file} declares no ${symbol}`, 1);
  return found;
}

/** The file's text. Throws a Refusal where it is none of our sources. */
export function sourceText(file: string, root = textRoot()): string {
  const path = normalize(file);
  if (!/^(src|native|scripts|rootfs|examples)\/[\w./-]+\.(ts|c|h)$/.test(path))
    throw new Refusal(`${file} is no source file of minidocker, such as src/layers/namespaces.ts`, 1);
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    throw new Refusal(`there is no ${file}`, 1);
  }
}

/** The names that a file declares at its top: what somebody who mistyped one may have meant. */
export function declaredNames(text: string): string[] {
  const top = /^(?:export )?(?:default )?(?:async )?(?:function\*?|const|let|class|interface|type)\s+(\w+)/gm;
  const c = /^(?:static )?(?:[\w*]+ )+\*?(\w+)\(|^#define (\w+)/gm;
  return [...text.matchAll(top), ...text.matchAll(c)].map(([, one, other]) => one ?? other ?? "");
}

export function findSymbol(text: string, symbol: string): Excerpt | undefined {
  const [outer = "", inner] = symbol.split(".");
  const place = inner === undefined ? undefined : declaration(text, outer, 0, text.length);
  const found =
    inner === undefined
      ? declaration(text, outer, 0, text.length)
      : place && declaration(text, inner, place.start + 1, place.end);
  if (found === undefined) return undefined;
  const start = withComment(text, found.start);
  const lines = text.slice(start, found.end).split("\n");
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  return {
    text: lines.map((it) => it.slice(Math.min(indent, it.length - it.trimStart().length))).join("\n"),
    firstLine: text.slice(0, start).split("\n").length,
  };
}

interface Range {
  /** Of the declaration's first line. */
  readonly start: number;
  readonly end: number;
}

/** What ends a declaration, where no bracket is open: `;`, a `}` at the end of a line, a `,` between members. */
type End = ";" | "}" | ",";

// The declaration of `name` between two places: one at the top of the file before a member of something.
function declaration(text: string, name: string, from: number, to: number): Range | undefined {
  const it = RegExp.escape(name);
  const modifiers = "(?:(?:export|default|declare|static|async|readonly|override|private|get|set) )*";
  const forms: readonly (readonly [pattern: string, end: End])[] = [
    [`^${modifiers}(?:const|let|type) ${it}\\b`, ";"],
    // a class before the interface that is merged into it
    [`^${modifiers}(?:function\\*?|class|abstract class) ${it}\\b`, "}"],
    [`^${modifiers}interface ${it}\\b`, "}"],
    [`^(?:static |inline )*(?:struct |enum )?[\\w*]+(?: [\\w*]+)* \\*?${it}\\(`, "}"],
    [`^(?:struct|enum|union) ${it} \\{`, ";"],
    [`^#define ${it}\\b`, ";"],
    [`^ +${modifiers}(?:\\*?)#?${it}\\??(?:<[^\\n]*>)?\\([^\\n]*\\{$`, "}"],
    [`^ +${modifiers}#?${it}\\??(?:<[^\\n]*>)?\\($`, "}"],
    [`^ +${modifiers}#?${it}\\??(?:<[^\\n]*>)?(?:\\(.*\\))?(?:: [^\\n]*| = [^\\n]*)?;$`, ";"],
    [`^ +${modifiers}#?${it}\\??(?:: | = )[^\\n]*`, ","],
    [`^ +${it},$`, ","],
  ];
  for (const [pattern, end] of forms) {
    const part = text.slice(from, to);
    const found = new RegExp(pattern, "m").exec(part);
    if (found === null) continue;
    const start = from + found.index;
    return { start, end: found[0].startsWith("#define") ? endOfMacro(text, start) : endOf(text, start, end) };
  }
  return undefined;
}

// Lines of comment right above it belong to it.
function withComment(text: string, start: number): number {
  let at = start;
  for (;;) {
    const before = text.lastIndexOf("\n", at - 2) + 1;
    if (at === 0 || !/^\s*(\/\/|\/\*|\*)/.test(text.slice(before, at))) return at;
    at = before;
  }
}

function endOfMacro(text: string, start: number): number {
  const found = /[^\\]\n/.exec(text.slice(start));
  return found === null ? text.length : start + found.index + 1;
}

const opening = "([{";
const closing = ")]}";

function endOf(text: string, start: number, end: End): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const skipped = skipText(text, at);
    if (skipped > at) {
      at = skipped - 1;
      continue;
    }
    const it = text[at] as string;
    if (opening.includes(it)) depth++;
    if (closing.includes(it)) depth--;
    if (depth < 0) return text.lastIndexOf("\n", at); // the end of what it is a member of
    if (depth > 0) continue;
    if (it === ";" && end !== "}") return at + 1;
    if (it === "," && end === ",") return at + 1;
    if (it === "}" && end === "}" && /^[,;]?\n/.test(text.slice(at + 1, at + 3))) return at + 1;
  }
  return text.length;
}

// Strings, comments and regular expressions have brackets that close nothing: where they end, or `at`.
function skipText(text: string, at: number): number {
  const it = text[at];
  if (it === '"' || it === "'") return endOfString(text, at, it);
  if (it === "`") return endOfTemplate(text, at);
  if (it !== "/") return at;
  if (text[at + 1] === "/") return text.indexOf("\n", at);
  if (text[at + 1] === "*") return text.indexOf("*/", at) + 2;
  const before = text.slice(Math.max(0, at - 12), at).trimEnd();
  if (!/(?:[(,=:[!&|?{};>]|\breturn)$/.test(before)) return at;
  const literal = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//.exec(text.slice(at, at + 500));
  return literal === null ? at : at + literal[0].length;
}

function endOfString(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote) return i + 1;
    else if (text[i] === "\n") return at + 1; // an apostrophe of something else
  }
  return text.length;
}

function endOfTemplate(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") i = endOfHole(text, i + 2) - 1;
  }
  return text.length;
}

function endOfHole(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    const skipped = skipText(text, i);
    if (skipped > i) i = skipped - 1;
    else if (text[i] === "{") depth++;
    else if (text[i] === "}" && --depth === 0) return i + 1;
  }
  return text.length;
}
