// What `verify` and the key `v` of `--step` show: a layer's judgement of a process.

import type { Check } from "../core/layer.ts";
import { palette } from "./palette.ts";
import { columns, pad, visible, width, wrap } from "./style.ts";

const ID_WIDTH = 28;

/** A line for each check: sign, id, title, and what was seen; on a second line where the terminal is narrow. */
export function showChecks(checks: readonly Check[]): string {
  const { green, red, yellow, dim } = palette();
  const signs = { yes: green("✓"), no: red("✗"), unknown: yellow("?") };
  const titles = Math.max(0, ...checks.map((it) => width(it.title)));
  const size = columns();
  return checks
    .map(({ id, title, verdict, saw }) => {
      const start = `${signs[verdict]} ${pad(id, ID_WIDTH)}`;
      const line = `${start}${pad(title, titles)}  ${dim(visible(saw))}`;
      if (width(line) <= size) return `${line}\n`;
      const head = width(start + title) <= size ? start + title : `${signs[verdict]} ${id}\n${wrap(title, size, "  ")}`;
      return `${head}\n${dim(wrap(visible(saw), size, "    "))}\n`;
    })
    .join("");
}
