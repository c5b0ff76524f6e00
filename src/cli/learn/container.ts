// The `container:` of a lesson, as `minidocker run` reads its command line.

import { Refusal } from "../../core/refusal.ts";
import type { RunOptions } from "../../engine/options/index.ts";
import { command } from "../commands/run.ts";
import { parse } from "../parse.ts";
import type { RunValues } from "../run-options.ts";
import { readRunOptions, thisPlace } from "../run-read.ts";

/** What the lesson does itself. */
const lessonsOwn = ["interactive", "tty", "rm", "name", "entrypoint", "step", "trace", "dry-run"] as const;

/** Throws a Refusal that says what is wrong with the options. */
export function readContainer(words: readonly string[]): RunOptions {
  const parsed = parse(command, words);
  if (parsed === "help") throw new Refusal("--help is not an option of a container");
  const values = parsed.values as unknown as RunValues;
  for (const it of lessonsOwn) {
    if (values[it]) throw new Refusal(`--${it} has no place here: the lesson sees to that`);
  }
  const [, ...program] = parsed.operands;
  if (program.length > 0)
    throw new Refusal(
      `behind the image stands ${program.join(" ")}, and the container runs only what the lesson sends`,
    );
  return readRunOptions(values, parsed.operands, thisPlace());
}
