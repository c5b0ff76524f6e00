// The whole making of a container, in order: the seven layers, and between them what is no layer because nothing is
// isolated by it. This list is the table of contents of `minidocker run`.

import { prepareInit, serveAsInit } from "../core/init.ts";
import type { Layer, Phase } from "../core/layer.ts";
import { executeProgram, openStreams, prepareProcess, settleProcess } from "../core/process.ts";
import { executeResident, openResident } from "../core/resident.ts";
import { type Files, prepareSupervision } from "../core/supervise.ts";
import { openPassage, openTerminal } from "../core/terminal.ts";
import { layers as theSeven } from "../layers/index.ts";

export interface PhaseChoices {
  readonly terminal: boolean;
  readonly interactive: boolean;
  readonly init: boolean;
  readonly files: Files;
  /** Held: a resident in the place of the program. */
  readonly resident?: boolean;
}

export function phasesFor(layers: readonly Layer[], choices: PhaseChoices): Phase[] {
  const { terminal, interactive, init, files, resident = false } = choices;
  const groups = withFollowers(layers);
  const layer = (name: string): Layer[] => found(groups, name);
  return [
    resident ? openResident : openStreams(interactive),
    ...(terminal ? [openPassage] : []),
    ...layer("namespaces"),
    ...layer("cgroups"),
    ...layer("overlay"),
    ...layer("network"),
    ...(terminal ? [openTerminal] : []),
    prepareProcess,
    prepareSupervision(files),
    ...layer("capabilities"),
    // with the rights of the container's user
    settleProcess,
    ...layer("no-new-privs"),
    // two processes then: the program has inherited all of the above, and each loads the filter in its last frame
    ...(init ? [prepareInit, ...layer("seccomp"), serveAsInit] : []),
    ...layer("seccomp"),
    resident ? executeResident : executeProgram,
  ];
}

/** The seven, each with the plugins that come after it. */
function withFollowers(layers: readonly Layer[]): ReadonlyMap<string, Layer[]> {
  const groups = new Map<string, Layer[]>();
  let group: Layer[] = [];
  for (const layer of layers) {
    if (theSeven.includes(layer)) {
      group = [];
      groups.set(layer.name, group);
    }
    group.push(layer);
  }
  return groups;
}

function found(groups: ReadonlyMap<string, Layer[]>, name: string): Layer[] {
  const group = groups.get(name);
  if (group === undefined) throw new Error(`there is no layer ${name}`);
  return group;
}
