// explain: what a layer is for, what it does, in which order, and why.

import { resolve } from "node:path";
import type { Layer } from "../../core/layer.ts";
import { nearest } from "../../core/nearest.ts";
import { defaultCapabilities } from "../../engine/options/capability.ts";
import { layerParts } from "../../engine/options/layers.ts";
import { defineCommand } from "../command.ts";
import { sentence } from "../help.ts";
import { renderMarkdown } from "../markdown.ts";
import { jsonOption, print, printJson } from "../output.ts";
import { palette } from "../palette.ts";
import { UsageError } from "../parse.ts";
import { pad, proseWidth, wrap } from "../style.ts";

export const command = defineCommand({
  name: "explain",
  summary: "tell what a layer does, step by step, and why",
  operands: [{ name: "LAYER", need: "optional", complete: Object.keys(layerParts) }],
  options: [
    {
      long: "layer",
      value: "FILE",
      repeat: true,
      help: "with a layer of your own, in its place among the others",
      complete: "file",
    },
    { long: "filter", help: "with seccomp: the default filter, instruction by instruction" },
    jsonOption,
  ],
  anywhere: true,
  about: "Without a layer: the list of them, in the order in which they are applied.",
  examples: [
    { command: "minidocker explain", text: "the seven layers" },
    { command: "minidocker explain capabilities", text: "one of them" },
    {
      command: "minidocker explain seccomp --filter",
      text: "the program that the kernel runs before each system call",
    },
    { command: "minidocker explain --layer ./examples/landlock.ts landlock", text: "a layer of your own" },
  ],
  async run({ values, operands: [name] }) {
    if (values.filter) {
      if (name !== "seccomp") throw new UsageError("explain", "--filter goes with seccomp: explain seccomp --filter");
      print(await defaultFilter());
      return 0;
    }
    const layers = await knownLayers(values.layer);
    if (name === undefined) {
      if (values.json) printJson(layers.map((it) => ({ name: it.name, summary: it.summary, lesson: it.lesson })));
      else print(listLayers(layers));
      return 0;
    }
    const layer = layers.find((it) => it.name === name);
    if (layer === undefined)
      throw unknownLayer(
        name,
        layers.map((it) => it.name),
      );
    const { explainLayer } = await import("../../engine/explain.ts");
    const explained = await explainLayer(layer, layers, await hostFacts());
    if (values.json) printJson(explained);
    else print(show(explained));
    return 0;
  },
});

async function knownLayers(files: readonly string[]): Promise<readonly Layer[]> {
  const { layers } = await import("../../layers/index.ts");
  if (files.length === 0) return layers;
  const { withPlugins } = await import("../../engine/plugins.ts");
  return withPlugins(
    layers,
    files.map((it) => resolve(it)),
  );
}

type Explained = Awaited<ReturnType<typeof import("../../engine/explain.ts").explainLayer>>;

function unknownLayer(name: string, known: readonly string[]): UsageError {
  const guess = nearest(name, known);
  const hint = guess === undefined ? `there are ${known.join(", ")}` : `did you mean ${guess}?`;
  return new UsageError("explain", `no layer is called ${JSON.stringify(name)}; ${hint}`);
}

// On other systems there is nothing to probe, and an ordinary Linux stands for it.
async function hostFacts() {
  if (process.platform !== "linux") return undefined;
  const { findFacts } = await import("../../core/find-facts.ts");
  const { locatePaths } = await import("../../state/paths.ts");
  return findFacts(locatePaths(process.env, process.geteuid?.() ?? 0));
}

async function defaultFilter(): Promise<string> {
  const { defaultProfile } = await import("../../layers/seccomp/profile.ts");
  const { compile } = await import("../../layers/seccomp/compile.ts");
  const { disassemble } = await import("../../layers/seccomp/disassemble.ts");
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  const text = disassemble(compile(defaultProfile(defaultCapabilities, arch), arch), arch);
  return text.endsWith("\n") ? text : `${text}\n`;
}

function listLayers(layers: readonly { readonly name: string; readonly summary: string }[]): string {
  const { bold, dim } = palette();
  const size = Math.max(...layers.map((it) => it.name.length)) + 2;
  const rows = layers.map(({ name, summary }, i) => {
    const start = `${dim(`${i + 1}`)} ${bold(pad(name, size))}`;
    return `${start}${wrap(summary, proseWidth(), " ".repeat(size + 2)).trimStart()}\n`;
  });
  return `${rows.join("")}\n${wrap("`minidocker explain LAYER` tells more about one.").replaceAll("`", "")}\n`;
}

function show({ name, summary, requires, about, steps }: Explained): string {
  const { bold } = palette();
  const taken = steps.filter((it) => it.calls.length > 0);
  const others = steps.filter((it) => it.calls.length === 0);
  return [
    bold(name),
    wrap(sentence(summary)),
    renderMarkdown(about),
    ...(requires.length === 0
      ? []
      : [bold("Requires"), ...requires.map((it) => renderMarkdown(`- **${it.name}**; otherwise: ${it.otherwise}`))]),
    ...(taken.length === 0 ? [] : [bold("Step by step"), ...taken.map((it, i) => showStep(it, `${i + 1}. `))]),
    ...(others.length === 0
      ? []
      : [bold("Only in some containers, or on some hosts"), ...others.map((it) => showStep(it, "• "))]),
  ]
    .map((it) => `${it}\n`)
    .join("\n");
}

function showStep({ name, why, calls }: Explained["steps"][number], mark: string): string {
  const { bold, dim } = palette();
  const indent = " ".repeat(mark.length);
  const lines = [`${mark}${bold(name)}`, renderMarkdown(why, indent)];
  if (calls.length > 0) lines.push(dim(wrap(countCalls(calls), proseWidth(), indent)));
  return lines.join("\n");
}

/** `openat, write ×3, close`: runs of the same call are counted. */
function countCalls(calls: readonly string[]): string {
  const runs: { name: string; count: number }[] = [];
  for (const name of calls) {
    const last = runs.at(-1);
    if (last?.name === name) last.count++;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => (count === 1 ? name : `${name}\u00a0×${count}`)).join(", ");
}
