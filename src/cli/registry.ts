// Every command, by the group in which the help lists it. A command's file is read only when the command is meant:
// `run` has to start in a few milliseconds.

import type { Command } from "./command.ts";

type Loader = () => Promise<{ readonly command: Command }>;

export const groups: Readonly<Record<string, Readonly<Record<string, Loader>>>> = {
  Containers: {
    run: () => import("./commands/run.ts"),
  },
};

export const commandNames: readonly string[] = Object.values(groups).flatMap((it) => Object.keys(it));

export async function loadCommand(name: string): Promise<Command | undefined> {
  for (const it of Object.values(groups)) {
    if (Object.hasOwn(it, name)) return (await (it[name] as Loader)()).command;
  }
  return undefined;
}

export async function loadAll(): Promise<Command[]> {
  return (await Promise.all(commandNames.map(loadCommand))) as Command[];
}
