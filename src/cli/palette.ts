// Colours, apart from the rest of style.ts: picocolors loads node:tty, which takes longer than making a container.

import { createColors } from "picocolors";
import { isTerminal } from "./style.ts";

let fixed: boolean | undefined;

/** From now on with or without colours, whatever this terminal can: what is written is for another one, or for a file. */
export function fixColors(on: boolean): void {
  fixed = on;
}

/** For that descriptor: plain where it is no terminal, or NO_COLOR is set (no-color.org), or the terminal can't. */
export function palette(fd = 1): ReturnType<typeof createColors> {
  const { NO_COLOR, TERM } = process.env;
  return createColors(fixed ?? (isTerminal(fd) && !NO_COLOR && TERM !== "dumb"));
}
