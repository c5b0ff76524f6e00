// info: where minidocker keeps things, what it found here, how many containers there are.

import { release } from "node:os";
import { dirname } from "node:path";
import { version } from "../../../package.json" with { type: "json" };
import { layerParts } from "../../engine/options/layers.ts";
import { listRecords } from "../../state/find.ts";
import { openPaths } from "../../state/paths.ts";
import type { Listed } from "../../state/shape.ts";
import { defineCommand } from "../command.ts";
import { jsonOption, print, printJson } from "../output.ts";
import { palette } from "../palette.ts";
import { wrap } from "../style.ts";

export const command = defineCommand({
  name: "info",
  summary: "show paths, the kernel, cgroups, and how many containers there are",
  options: [jsonOption],
  examples: [{ command: "minidocker info --json", text: "for programs" }],
  async run({ values }) {
    const found = await gather();
    if (values.json) printJson(found);
    else print(render(found));
    return 0;
  },
});

async function gather() {
  const { findFacts } = await import("../../core/find-facts.ts");
  const paths = openPaths();
  const facts = findFacts(paths);
  return {
    version,
    bun: Bun.version,
    kernel: release(),
    arch: process.arch,
    user: { uid: facts.uid, rootless: facts.rootless },
    paths: { state: paths.state, data: paths.data, stage: await stage() },
    cgroup: facts.cgroup,
    layers: Object.keys(layerParts),
    containers: count(listRecords(paths)),
  };
}

async function stage(): Promise<string | undefined> {
  const { stageProgram } = await import("../../stage/launch.ts");
  try {
    return stageProgram();
  } catch {
    return undefined;
  }
}

function count(list: readonly Listed[]) {
  const of = (...states: readonly Listed["status"][]): number => list.filter((it) => states.includes(it.status)).length;
  return {
    total: list.length,
    running: of("running"),
    exited: of("exited"),
    other: of("creating", "damaged"),
  };
}

function render({ containers, paths, cgroup, user, ...rest }: Awaited<ReturnType<typeof gather>>): string {
  const { bold } = palette();
  const folders = [...new Set(Object.values(cgroup.parents).map((it) => (cgroup.version === "v1" ? dirname(it) : it)))];
  const rows: readonly (readonly [string, string])[] = [
    ["Version", `${rest.version} on Bun ${rest.bun}`],
    [
      "Containers",
      `${containers.total}: ${containers.running} running, ${containers.exited} exited, ${containers.other} other`,
    ],
    ["Kernel", `${rest.kernel} (${rest.arch})`],
    ["User", user.rootless ? `uid ${user.uid}: rootless` : "root"],
    ["Cgroups", cgroup.version === "none" ? "not usable" : `${cgroup.version}, in ${folders.join(", ")}`],
    ["Controllers", cgroup.controllers.join(", ") || "none"],
    ["Layers", rest.layers.join(", ")],
    ["State", paths.state],
    ["Data", paths.data],
    ["Stage", paths.stage ?? "not built: see minidocker doctor"],
  ];
  const indent = " ".repeat(14);
  const lines = rows.map(
    ([name, value]) => `${bold(`${name}:`.padEnd(14))}${wrap(value, undefined, indent).trimStart()}\n`,
  );
  return `${lines.join("")}${cgroup.problem === undefined ? "" : `\n${wrap(`Cgroups: ${cgroup.problem}.`)}\n`}`;
}
