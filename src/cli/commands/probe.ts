// probe: harmless attacks on the boundaries of a container, and which layer stops which.

import { existsSync, writeFileSync } from "node:fs";
import { Refusal } from "../../core/refusal.ts";
import type { Column, Matrix } from "../../probes/matrix.ts";
import type { Probe } from "../../probes/probe.ts";
import { defineCommand, type Option } from "../command.ts";
import { jsonOption, print, printJson, say } from "../output.ts";
import { UsageError } from "../parse.ts";
import { type RunValues, refusedOptions, runOptions } from "../run-options.ts";
import { visible } from "../style.ts";

const probing = [
  { long: "list", help: "show the probes, and try none" },
  { long: "leave-one-out", help: "seven more containers, each without one layer, and one with none" },
  { long: "only-one", help: "seven more containers, each with a single layer, and one with none" },
  {
    long: "layers",
    value: "LIST",
    repeat: true,
    help: "one container with these layers only, or, with a - in front, all but these",
    complete: "layer",
  },
  {
    long: "image",
    value: "IMAGE|ROOTFS",
    help: "what the containers are made from; base otherwise",
    complete: "image",
  },
  {
    long: "pid",
    value: "PID",
    help: "judge a process from outside, by what the kernel shows of it, and attack nothing",
  },
  { long: "html", value: "FILE", help: "also write a page with all that was seen", complete: "file" },
  jsonOption,
] as const satisfies readonly Option[];

/** Of run's options, those that make a container easier or harder to leave. */
const chosen = ["cap-add", "cap-drop", "security-opt", "rootless", "user", "read-only", "device", "volume", "network"];
const shared: readonly Option[] = runOptions.filter((it) => chosen.includes(it.long));

export const command = defineCommand({
  name: "probe",
  summary: "attack containers harmlessly, and see which layer stops what",
  operands: [{ name: "PROBE", need: "any", complete: "probe" }],
  options: [...probing, ...shared],
  refused: refusedOptions,
  about: `A probe is a harmless attack on one boundary: it reads, does nothing, or asks for something that the kernel finds wrong only after it
has looked for the permission. Each runs in a process of its own in a real container, as bound as a program is. What is shown is what
it saw, never what it was expected to see.

With \`--leave-one-out\` and \`--only-one\` the same probes run in containers that differ in their layers. A layer is *necessary* where its
absence lets the probe succeed, *sufficient* where it stops it alone, and *redundant* where it could, but others do as well. The
filter of system calls is the same in all containers that have one.

Without PROBE, all are tried. The containers have no network but \`lo\`, unless \`--network\` says otherwise, and limits for the probes
that need some. The exit code is 1 where something got through all layers.`,
  examples: [
    { command: "minidocker probe", text: "all probes against all layers" },
    { command: "minidocker probe --leave-one-out", text: "what each layer is good for" },
    {
      command: "minidocker probe --leave-one-out --only-one --html probes.html",
      text: "the whole matrix, with a page",
    },
    { command: "minidocker probe mount keyctl --layers=-seccomp", text: "two probes without the filter" },
    { command: "minidocker probe --cap-add SYS_ADMIN", text: "what one capability opens" },
    {
      command: "minidocker probe --pid $(docker inspect -f '{{.State.Pid}}' db)",
      text: "judge a container of Docker's",
    },
  ],
  async run({ values, operands }) {
    const { probes } = await import("../../probes/index.ts");
    const some = operands.length === 0 ? probes : await pick(operands);
    if (values.list) return (await import("../probe/list.ts")).listProbes(some, values.json);
    if (values.pid !== undefined) {
      refuseBeside(values, "pid", ["leave-one-out", "only-one", "html"]);
      const { showOutside } = await import("../probe/outside.ts");
      return showOutside(checkPid(values.pid), some, values.json);
    }
    if (values.layers.length > 0) refuseBeside(values, "layers", ["leave-one-out", "only-one"]);
    return await tryAll(values as unknown as ProbeValues, some);
  },
});

interface ProbeValues extends RunValues {
  readonly "leave-one-out": boolean;
  readonly "only-one": boolean;
  readonly image: string | undefined;
  readonly html: string | undefined;
  readonly json: boolean;
}

async function tryAll(values: ProbeValues, probes: readonly Probe[]): Promise<number> {
  const [{ readRunOptions, thisPlace }, { interruptible }, { runMatrix }] = await Promise.all([
    import("../run-read.ts"),
    import("../interrupts.ts"),
    import("../../probes/matrix.ts"),
  ]);
  const columns = await columnsFor(values);
  const absent = Object.fromEntries(runOptions.map((it) => [it.long, emptyValue(it)]));
  const wished = { ...absent, ...values, network: values.network ?? "none" } as unknown as RunValues;
  // the layers apart: where the network layer is off, "none" is no contradiction, for nobody has asked for it
  const read = readRunOptions({ ...wished, layers: [] }, [values.image ?? "base"], thisPlace());
  const options = { ...read, without: [...read.without, ...(await layersLeftOut(values.layers))] };
  return await interruptible(async (stop) => {
    // what a missing layer means is said once for each container: it is known to whoever asks for this
    const console = { notice: (): void => {} };
    const begin = columns.length > 1 ? (it: Column, i: number) => progress(it, i, columns.length) : () => {};
    const matrix = await runMatrix({ options, columns, probes, console, stop, begin });
    return await report(matrix, values);
  });
}

async function layersLeftOut(lists: readonly string[]): Promise<readonly string[]> {
  if (lists.length === 0) return [];
  const { parseLayers } = await import("../../engine/options/layers.ts");
  const { option } = await import("../../engine/options/value.ts");
  return option("--layers", lists.join(","), parseLayers);
}

function emptyValue(option: Option): unknown {
  if (option.repeat) return [];
  return option.value === undefined ? false : undefined;
}

async function columnsFor(values: ProbeValues): Promise<readonly Column[]> {
  const { leaveOneOut, merge, onlyOne, withAll } = await import("../../probes/matrix.ts");
  if (values.layers.length > 0) return [{ name: values.layers.join(","), without: [] }];
  return merge(withAll, ...(values["leave-one-out"] ? [leaveOneOut] : []), ...(values["only-one"] ? [onlyOne] : []));
}

async function report(matrix: Matrix, values: ProbeValues): Promise<number> {
  if (values.json) printJson((await import("../probe/json.ts")).matrixJson(matrix));
  else print((await import("../probe/table.ts")).showMatrix(matrix));
  if (values.html !== undefined) {
    const { page } = await import("../probe/page.ts");
    writePage(values.html, page(matrix));
  }
  const all = matrix.columns.findIndex((it) => it.name === "all");
  const through = ({ cells }: Matrix["rows"][number]): boolean => {
    const cell = cells[all];
    return cell?.kind === "seen" && cell.observation.kind === "succeeded";
  };
  return matrix.rows.some(through) ? 1 : 0;
}

function writePage(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Refusal(
      `--html ${visible(path)}: the page cannot be written (${(error as { code?: string }).code ?? (error as Error).message})`,
      1,
    );
  }
  say(`the page is in ${path}`);
}

function progress({ name }: Column, index: number, count: number): void {
  say(`container ${index + 1} of ${count}: ${name}`);
}

async function pick(names: readonly string[]): Promise<readonly Probe[]> {
  const { probes } = await import("../../probes/index.ts");
  const { nearest } = await import("../../core/nearest.ts");
  return names.map((name) => {
    const found = probes.find((it) => it.name === name);
    if (found !== undefined) return found;
    const guess = nearest(
      name,
      probes.map((it) => it.name),
    );
    const hint = guess === undefined ? "minidocker probe --list shows them" : `did you mean ${guess}?`;
    throw new UsageError("probe", `no probe is called ${JSON.stringify(name)}; ${hint}`);
  });
}

function refuseBeside(values: Readonly<Record<string, unknown>>, one: string, others: readonly string[]): void {
  const found = others.find((it) => values[it] !== false && values[it] !== undefined);
  if (found !== undefined) throw new UsageError("probe", `--${one} and --${found} do not go together`);
}

function checkPid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError("probe", `--pid ${visible(text)}: not a process id`);
  if (!existsSync(`/proc/${text}/status`)) throw new Refusal(`no process has the id ${text} here`, 1);
  return Number(text);
}
