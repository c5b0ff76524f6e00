// verify: which layers are in force for a process. Judged from what the kernel shows of it, so any process can be judged, a
// container of Docker's too.

import { existsSync } from "node:fs";
import type { Layer } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { extension, type Spec } from "../../core/spec.ts";
import { View } from "../../core/view.ts";
import { judge } from "../../engine/judge.ts";
import { layersOf } from "../../engine/plugins.ts";
import { findContainer } from "../../state/find.ts";
import { openPaths } from "../../state/paths.ts";
import { isAlive } from "../../state/process.ts";
import { readConfig } from "../../state/record.ts";
import { showChecks } from "../checks.ts";
import { defineCommand } from "../command.ts";
import { jsonOption, print, printJson, say } from "../output.ts";
import { palette } from "../palette.ts";
import { UsageError } from "../parse.ts";
import { visible } from "../style.ts";

export const command = defineCommand({
  name: "verify",
  summary: "judge from outside which layers are in force for a container, or any process",
  operands: [{ name: "CONTAINER", need: "optional", complete: "container" }],
  options: [
    { long: "pid", value: "PID", help: "a process instead of a container, by its number on this host" },
    jsonOption,
  ],
  about: `Each check reads what the kernel shows of the process, in \`/proc/PID\` and its cgroup, and compares it with this process. \`✓\`
means that the protection is in force, \`✗\` that it is not, \`?\` that it cannot be told from outside (often because it takes root to
look). The layers that a container was given with \`--layer\` judge it as well.

The exit code says whether the process could be judged, not how.`,
  examples: [
    { command: "minidocker verify web", text: "a container" },
    { command: "minidocker verify --pid 1", text: "a process: nothing isolates the machine's first one" },
    { command: "minidocker verify --pid $(docker inspect -f '{{.State.Pid}}' db)", text: "a container of Docker's" },
  ],
  async run({ values, operands: [name] }) {
    if ((name === undefined) === (values.pid === undefined))
      throw new UsageError("verify", "verify needs a CONTAINER or --pid PID, one of them");
    const { layers: theSeven } = await import("../../layers/index.ts");
    const { pid, layers } =
      values.pid === undefined
        ? await container(name as string, theSeven)
        : { pid: checkPid(values.pid), layers: theSeven };
    const view = new View(pid);
    const judged = layers.map((layer) => ({ layer: layer.name, checks: judge(layer, view) }));
    if (values.json) printJson(judged.flatMap(({ layer, checks }) => checks.map((it) => ({ layer, ...it }))));
    else for (const { layer, checks } of judged) print(`${palette().bold(layer)}\n${showChecks(checks)}\n`);
    return 0;
  },
});

/** The process to judge, and the layers that do: with those of the user's own that the container was made with. */
async function container(
  name: string,
  theSeven: readonly Layer[],
): Promise<{ readonly pid: number; readonly layers: readonly Layer[] }> {
  const paths = openPaths();
  const record = findContainer(paths, name);
  if (record.status === "damaged")
    throw new Refusal(`${name}: ${record.problem}: its process can be given with --pid`, 1);
  if (record.process === undefined || !isAlive(record.process)) {
    throw new Refusal(`container ${record.name} does not run: only a process can be judged`, 1);
  }
  return {
    pid: programOf(record.process.pid, readConfig(paths, record.id)),
    layers: await layersOf(paths, record.id, theSeven, say),
  };
}

/** With --init, process 1 is minidocker's own, with almost no rights; what is to be judged is its first child. */
function programOf(pid: number, spec: Spec): number {
  if (!extension(spec, "init")) return pid;
  const [child] = (new View(pid).tryFile(`task/${pid}/children`) ?? "").split(" ");
  return Number(child) || pid;
}

function checkPid(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError("verify", `--pid ${visible(text)}: not a process id`);
  if (!existsSync(`/proc/${text}/status`)) throw new Refusal(`no process has the id ${text} here`, 1);
  return Number(text);
}
