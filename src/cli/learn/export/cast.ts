// A recording for asciinema, version 2 of its format: a line of JSON for the head, and one for each piece of output,
// [seconds, "o", text]. https://docs.asciinema.org/manual/asciicast/v2/

import type { Transcript } from "./transcript.ts";

export const WIDTH = 80;
const HEIGHT = 24;

/** Seconds. Nobody watches a terminal for longer, on which nothing happens. */
const LONGEST_WAIT = 2;
/** What takes a millisecond to happen takes longer to read: a line, and each of its words. */
const LINE = 0.05;
const WORD = 0.04;

export function castOf({ lesson, told }: Transcript, now: Date): string {
  const head = {
    version: 2,
    width: WIDTH,
    height: HEIGHT,
    timestamp: Math.floor(now.getTime() / 1000),
    idle_time_limit: LONGEST_WAIT,
    title: lesson.title,
    env: { SHELL: "/bin/sh", TERM: "xterm-256color" },
  };
  const rows: string[] = [];
  let time = 0;
  let last = 0;
  for (const { at, text } of told) {
    // as long as it really took, and at least until the line before has been read
    time += Math.min((at - last) / 1000, LONGEST_WAIT);
    last = at;
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
      rows.push(JSON.stringify([Number(time.toFixed(3)), "o", line.replace(/\n$/, "\r\n")]));
      time += Math.min(LINE + WORD * (line.match(/\S+/g)?.length ?? 0), LONGEST_WAIT);
    }
  }
  return `${[JSON.stringify(head), ...rows].join("\n")}\n`;
}
