// compare: the same container with other layers, twice, and what is different in it.

import { nearest } from "../../core/nearest.ts";
import type { RunOptions } from "../../engine/options/index.ts";
import type { Probe } from "../../probes/probe.ts";
import { defineCommand, type Option } from "../command.ts";
import type { Side } from "../compare/comparison.ts";
import { interruptible } from "../interrupts.ts";
import { jsonOption, print, printJson, say } from "../output.ts";
import { palette } from "../palette.ts";
import { UsageError } from "../parse.ts";
import { type RunValues, refusedOptions, runOptions } from "../run-options.ts";
import { columns } from "../style.ts";

/** What makes no sense for two containers that nobody attends to. */
const leftOut = {
  interactive: false,
  tty: false,
  rm: true,
  name: undefined,
  entrypoint: undefined,
  init: false,
  "stop-signal": undefined,
  publish: [],
  layers: [],
  step: undefined,
  trace: undefined,
  "dry-run": false,
} as const satisfies Partial<RunValues>;

const comparing = [
  {
    long: "layers",
    value: "LIST",
    repeat: true,
    help: "given twice: the layers of the one and of the other, as for run; all and none are lists, too",
    complete: "layer",
  },
  {
    long: "probes",
    value: "NAME,...",
    optional: true,
    help: "attack both with these probes, or with all of them, also where there is a command",
  },
  jsonOption,
] as const satisfies readonly Option[];

const shared: readonly Option[] = runOptions.filter((it) => !Object.hasOwn(leftOut, it.long));

export const command = defineCommand({
  name: "compare",
  summary: "two containers with different layers, side by side: what differs in them",
  operands: [
    { name: "IMAGE", need: "optional", complete: "image" },
    { name: "-- COMMAND", need: "any" },
  ],
  options: [...comparing, ...shared],
  about: `Makes two containers that differ in their layers only, one after the other, and looks at both: the kernel's state of their first
process, what \`minidocker verify\` says about it, and what happens in them. That is what COMMAND prints, and its exit status;
without a command, how each probe of \`minidocker probe\` ends. Shown is only what differs.

What differs between any two containers, such as ids, addresses and the numbers of namespaces, is replaced by a word: \`<id>\`. Of
a namespace it is said whether it is the host's. Both have the same seccomp profile, whatever their capabilities.

The image is \`base\`, if none is named. The exit code says whether both could be looked at, not whether they differ.`,
  examples: [
    { command: "minidocker compare --layers all --layers=-capabilities", text: "what the capabilities are good for" },
    {
      command: "minidocker compare --layers all --layers=-namespaces.pid -- ps",
      text: "what one sees of the others without a pid namespace",
    },
    { command: "minidocker compare --layers none --layers namespaces --json", text: "for programs" },
  ],
  failure: 125,
  refused: refusedOptions,
  async run({ values, operands, beforeDashes = operands.length }) {
    const { layers } = values;
    if (layers.length !== 2) throw new UsageError("compare", twoLists(layers.length));
    if (beforeDashes > 1) {
      const [image, ...words] = operands.slice(0, beforeDashes);
      throw new UsageError("compare", `the command comes after two dashes: ${image} -- ${words.join(" ")}`);
    }
    const [image = "base"] = operands.slice(0, beforeDashes);
    const words = operands.slice(beforeDashes);
    const probes = await chooseProbes(values.probes, words.length === 0);
    const both = await readBoth({ ...(values as unknown as RunValues), ...leftOut }, layers, image);
    return interruptible(async (stop) => {
      const sides = await lookAtBoth(both, words, probes, stop);
      const { compareSides } = await import("../compare/comparison.ts");
      const comparison = compareSides(...sides, words);
      if (values.json) {
        printJson(comparison);
        return 0;
      }
      const { showComparison } = await import("../compare/show.ts");
      print(showComparison(comparison, columns(), palette()));
      return 0;
    });
  },
});

function twoLists(given: number): string {
  const example = "compare --layers all --layers=-seccomp";
  if (given === 0) return `compare needs --layers twice, once for each container: ${example}`;
  return given === 1
    ? `compare needs --layers a second time, for the other container: ${example}`
    : `compare takes --layers twice, and here it is given ${given} times; a list can hold several layers: --layers=-seccomp,-capabilities`;
}

/** The probes that are tried in both; none: there is a command instead. */
async function chooseProbes(names: string | undefined, otherwise: boolean): Promise<readonly Probe[]> {
  if (names === undefined && !otherwise) return [];
  const { findProbe, probes } = await import("../../probes/index.ts");
  if (names === undefined || names === "") return probes;
  return names.split(",").map((it) => {
    const name = it.trim();
    const found = findProbe(name);
    if (found !== undefined) return found;
    const guess = nearest(
      name,
      probes.map((probe) => probe.name),
    );
    const hint = guess === undefined ? "minidocker probe --list shows them" : `did you mean ${guess}?`;
    throw new UsageError("compare", `--probes: no probe is called ${JSON.stringify(name)}; ${hint}`);
  });
}

interface Wanted {
  readonly layers: string;
  readonly options: RunOptions;
}

/** Both before anything is made: a mistake in the second is no reason to wait for the first. */
async function readBoth(values: RunValues, lists: readonly string[], image: string): Promise<Wanted[]> {
  const { readRunOptions, thisPlace } = await import("../run-read.ts");
  const place = thisPlace();
  return lists.map((list) => ({
    layers: list,
    options: readRunOptions({ ...values, layers: [list] }, [image], place),
  }));
}

/** One after the other, attacked with the same canaries. */
async function lookAtBoth(
  both: readonly Wanted[],
  command: readonly string[],
  probes: readonly Probe[],
  stop: AbortSignal,
): Promise<[Side, Side]> {
  const { see } = await import("../../engine/compare.ts");
  const { attackWith, prepareAttacks } = await import("../compare/attacks.ts");
  const { limited } = await import("../../probes/run.ts");
  const attacks = await prepareAttacks(probes);
  const sides: Side[] = [];
  try {
    for (const [i, { layers, options }] of both.entries()) {
      const notice = (text: string): void => say(`${"AB"[i]}: ${text}`);
      const seen = await see(
        limited(options, attacks?.probes ?? []),
        { notice },
        { command, stop, more: async (held) => attacks && (await attackWith(held, attacks, stop)) },
      );
      sides.push({ layers, seen });
    }
  } finally {
    await attacks?.close();
  }
  return sides as [Side, Side];
}
