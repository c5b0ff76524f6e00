// Every command, by the group in which the help lists it. A command's file is read only when the command is meant:
// `run` has to start in a few milliseconds.

import type { Catalogue, Command } from "./command.ts";

type Loader = () => Promise<{ readonly command: Command }>;

const loaders: Readonly<Record<string, Readonly<Record<string, Loader>>>> = {
  Containers: {
    run: () => import("./commands/run.ts"),
    ps: () => import("./commands/ps.ts"),
    rm: () => import("./commands/rm.ts"),
  },
  Understanding: {
    learn: () => import("./commands/learn.ts"),
    explain: () => import("./commands/explain.ts"),
    verify: () => import("./commands/verify.ts"),
    probe: () => import("./commands/probe.ts"),
    compare: () => import("./commands/compare.ts"),
  },
  "This machine": {
    doctor: () => import("./commands/doctor.ts"),
    info: () => import("./commands/info.ts"),
    version: () => import("./commands/version.ts"),
    completion: () => import("./commands/completion.ts"),
    help: () => import("./commands/help.ts"),
  },
};

async function load(name: string): Promise<Command | undefined> {
  for (const it of Object.values(loaders)) {
    if (Object.hasOwn(it, name)) return (await (it[name] as Loader)()).command;
  }
  return undefined;
}

export const catalogue: Catalogue = {
  groups: Object.fromEntries(Object.entries(loaders).map(([title, list]) => [title, Object.keys(list)])),
  load,
};
