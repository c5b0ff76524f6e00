// A fenced block of a lesson's file, and what reads one.

import type { Part } from "../../lesson.ts";
import type { Report } from "../problem.ts";

export interface Block {
  /** The words behind the kind: `run host` has one. */
  readonly words: readonly string[];
  readonly body: string;
  /** The line of the opening fence; the body begins in the next one. */
  readonly line: number;
}

/** Undefined where something is wrong, which has been reported. */
export type Reader = (block: Block, report: Report) => Part | undefined;

/** A line of the body with its number in the file, without those that are empty. */
export function bodyLines({ body, line }: Block): { readonly text: string; readonly line: number }[] {
  return body
    .split("\n")
    .map((text, i) => ({ text: text.trim(), line: line + 1 + i }))
    .filter((it) => it.text !== "");
}

/** The body, which has to say something. */
export function someText({ body, line }: Block, report: Report, remedy: string): string | undefined {
  if (body.trim() !== "") return body;
  report(line, "the block is empty", remedy);
  return undefined;
}
