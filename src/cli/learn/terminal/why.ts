// The source that asked for a call, with the line that makes it.

import { excerpt } from "../../../learn/source.ts";
import type { Call } from "../../../stage/call.ts";
import { palette } from "../../palette.ts";
import { INDENT, showCall } from "../../pause-lines.ts";

/** Of a long function, as many lines before and after the call. */
const AROUND = 8;
const LONG = 24;

export function showSource(call: Pick<Call, "name" | "source" | "show">): string {
  const { bold, cyan, dim } = palette();
  const { source } = call;
  const title = `${INDENT}${cyan(showCall(call as Call))}`;
  if (source === undefined) return title;
  const [file = "", symbol = ""] = source.split("#");
  const found = excerptOf(file, symbol);
  if (found === undefined) return `${title}\n${INDENT}is asked for in ${source}.`;
  const rows = found.text.split("\n").map((text, i) => ({ text, number: found.firstLine + i }));
  const at = rows.findIndex(({ text }) => new RegExp(`\\.${RegExp.escape(call.name)}\\(`).test(text));
  const from = rows.length > LONG && at > AROUND ? at - AROUND : 0;
  const shown = rows.slice(from, rows.length > LONG ? Math.max(at, 0) + AROUND + 1 : undefined);
  const blanks = Math.min(...shown.filter((it) => it.text !== "").map((it) => it.text.search(/\S/)));
  const lines = shown.map(({ text, number }, i) => {
    const mark = i + from === at ? "▸" : " ";
    const line = `${mark}${String(number).padStart(4)}  ${text.slice(blanks)}`;
    return mark === "▸" ? bold(line) : line;
  });
  return [title, dim(`${INDENT}is asked for in ${source}:`), "", ...lines].join("\n");
}

// the innermost function with a name: a nameless one, or one that was made by another, has none to look up
function excerptOf(file: string, symbol: string) {
  const names = [symbol, symbol.split(".").at(-1) ?? ""];
  for (const name of names) {
    try {
      return excerpt(file, name);
    } catch {}
  }
  return undefined;
}
