// Where a trace goes: stderr, a file of lines for people, or a file of JSON lines.

import { openSync } from "node:fs";
import { Refusal } from "../core/refusal.ts";
import { type TraceRow, traceText } from "../stage/trace.ts";
import { cannotWrite, write } from "./output.ts";

const STDOUT = 1;
const STDERR = 2;

/** `target`: "" for stderr, "-" for stdout, else a file; one whose name ends in .json or .jsonl gets a JSON object a line. */
export function traceTo(target: string): (row: TraceRow) => void {
  const fd = target === "" ? STDERR : target === "-" ? STDOUT : openFile(target);
  const name = target === "" ? "stderr" : target === "-" ? "stdout" : optionOf(target);
  const json = /\.jsonl?$/.test(target);
  let previous: TraceRow | undefined;
  return (row) => {
    write(fd, json ? `${JSON.stringify(row)}\n` : traceText(row, previous), name);
    previous = row;
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, "w", 0o600);
  } catch (error) {
    throw new Refusal(cannotWrite(optionOf(path), error));
  }
}

const optionOf = (path: string): string => `--trace=${path}`;
