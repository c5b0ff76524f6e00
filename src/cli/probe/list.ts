// `probe --list`.

import type { Probe } from "../../probes/probe.ts";
import { whyNot } from "../../probes/run.ts";
import { print, printJson } from "../output.ts";
import { palette } from "../palette.ts";
import { columns, pad, width, wrap } from "../style.ts";
import { grouped, groupOf } from "./words.ts";

export interface Described extends Pick<Probe, "name" | "question" | "call" | "blocked" | "layers" | "lesson"> {
  readonly group: string;
}

export function describeProbe(probe: Probe): Described {
  const { name, question, call, blocked, layers, lesson } = probe;
  return { name, group: groupOf(probe), question, call, blocked, layers, lesson };
}

export function listProbes(probes: readonly Probe[], json: boolean): number {
  if (json) {
    printJson(probes.map((it) => ({ ...describeProbe(it), unavailable: whyNot(it) ?? null })));
    return 0;
  }
  const { bold, cyan, dim } = palette();
  const names = Math.max(...probes.map((it) => width(it.name))) + 2;
  const show = (it: Probe): string => {
    const question = wrap(it.question, columns(), " ".repeat(names + 2)).trimStart();
    return `  ${cyan(pad(it.name, names))}${question}\n${dim(wrap(tell(it), columns(), " ".repeat(names + 2)))}`;
  };
  for (const [title, list] of grouped(probes, (it) => it)) print(`${bold(title)}\n${list.map(show).join("\n")}\n\n`);
  return 0;
}

const tell = ({ layers, lesson, blocked }: Probe): string =>
  `${blocked.join(" or ")}, by ${layers.length === 0 ? "the runtime" : layers.join(", ")}; lesson ${lesson}`;
