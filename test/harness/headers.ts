// The system's C headers as a source of truth: what a macro expands to, what an expression is worth, how large a structure is.

import { join } from "node:path";
import { compiler as findCompiler } from "../../native/build.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

/** The C compiler, if there is one. */
export const compiler = findCompiler();

/** All macros after `#include <include>`: name → what it is defined as. Empty without a compiler, or without the header. */
export function preprocessedMacros(include: string, defines: readonly string[] = []): Map<string, string> {
  if (compiler === undefined) return new Map();
  const { stdout } = run(["-E", "-dM", ...defines.map((it) => `-D${it}`), "-"], `#include <${include}>\n`);
  return new Map([...stdout.matchAll(/^#define (\w+) (.+)$/gm)].map((it) => [it[1] as string, it[2] as string]));
}

interface Evaluation {
  /** Expression → value, as 64 bits. */
  readonly values: ReadonlyMap<string, bigint>;
  /** Expression → why these headers cannot tell. */
  readonly unknown: ReadonlyMap<string, string>;
}

/**
 * As evaluate(), with headers that may not exist, or may not be included together (glibc's and the kernel's often may not):
 * then each is asked in turn.
 */
export function evaluateEach(headers: readonly string[], expressions: readonly string[]): Evaluation {
  try {
    return evaluate(headers, expressions);
  } catch (error) {
    if (headers.length === 1)
      return { values: new Map(), unknown: new Map(expressions.map((it) => [it, String(error)])) };
  }
  const values = new Map<string, bigint>();
  let unknown: ReadonlyMap<string, string> = new Map(expressions.map((it) => [it, ""]));
  for (const header of headers) {
    const answer = evaluateEach([header], [...unknown.keys()]);
    for (const [name, value] of answer.values) values.set(name, value);
    unknown = answer.unknown;
  }
  return { values, unknown };
}

/**
 * What C makes of each expression (of integers) after including the headers. Each stands in a function of its own; those
 * that the compiler complains about are left out, and the rest is compiled again.
 */
export function evaluate(includes: readonly string[], expressions: readonly string[]): Evaluation {
  const unknown = complaints(program(includes, expressions), includes.length + PROLOGUE, expressions);
  const rest = expressions.filter((it) => !unknown.has(it));
  const folder = temporaryFolder();
  try {
    const file = join(folder, "constants");
    const { errors } = run(["-w", "-x", "c", "-o", file, "-"], program(includes, rest));
    if (errors !== "") throw new Error(`after leaving out what it complained about, the compiler says: ${errors}`);
    const printed = Bun.spawnSync([file]).stdout.toString().trim().split("\n");
    return { values: new Map(rest.map((it, i) => [it, BigInt(printed[i] as string)])), unknown };
  } finally {
    removeFolder(folder);
  }
}

const PROLOGUE = 3;

function program(includes: readonly string[], expressions: readonly string[]): string {
  return [
    "#define _GNU_SOURCE",
    "#include <stdio.h>",
    "#include <stddef.h>",
    ...includes.map((it) => `#include <${it}>`),
    ...expressions.map((it, i) => `static long long f${i}(void) { return (long long)(${it}); }`),
    "int main(void) {",
    ...expressions.map((_, i) => `printf("%llu\\n", (unsigned long long)f${i}());`),
    "}",
    "",
  ].join("\n");
}

/** The compiler's first complaint about each expression. Anything else that it complains about is an Error. */
function complaints(source: string, before: number, expressions: readonly string[]): Map<string, string> {
  const { errors } = run(["-w", "-fsyntax-only", "-fmax-errors=0", "-x", "c", "-"], source);
  const found = new Map<string, string>();
  for (const [, line, text] of errors.matchAll(/^<stdin>:(\d+):(?:\d+:)? (?:fatal )?error: (.*)$/gm)) {
    const expression = expressions[Number(line) - before - 1];
    if (expression === undefined) throw new Error(`the headers cannot be included: ${text}`);
    if (!found.has(expression)) found.set(expression, text as string);
  }
  return found;
}

function run(flags: readonly string[], input: string): { stdout: string; errors: string } {
  if (compiler === undefined) throw new Error("no C compiler");
  const { stdout, stderr } = Bun.spawnSync([compiler, ...flags], {
    stdin: Buffer.from(input),
    env: { ...process.env, LC_ALL: "C" },
  });
  return { stdout: stdout.toString(), errors: stderr.toString() };
}
