// The whole making of a container, in order: the seven layers, and between them what is no layer because nothing is isolated by
// it. This list is the table of contents of `minidocker run`.

import { prepareInit, serveAsInit } from "../core/init.ts";
import type { Layer, Phase } from "../core/layer.ts";
import { executeProgram, openStreams, prepareProcess, settleProcess } from "../core/process.ts";
import { executeResident, openResident } from "../core/resident.ts";
import { type Files, prepareSupervision } from "../core/supervise.ts";
import { openPassage, openTerminal } from "../core/terminal.ts";

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
  const last = resident ? executeResident : executeProgram;
  const before = (name: string): Layer[] =>
    layers.slice(
      0,
      layers.findIndex((it) => it.name === name),
    );
  const from = (name: string): Layer[] => layers.slice(layers.findIndex((it) => it.name === name));
  const beforeNetwork = before("network");
  const untilCapabilities = before("capabilities").slice(beforeNetwork.length);
  return [
    resident ? openResident : openStreams(interactive),
    ...(terminal ? [openPassage] : []),
    // namespaces, cgroups, overlay
    ...beforeNetwork,
    // network
    ...untilCapabilities,
    ...(terminal ? [openTerminal] : []),
    prepareProcess,
    prepareSupervision(files),
    // capabilities; then what has to be done with the rights of the container's user
    ...from("capabilities").slice(0, 1),
    settleProcess,
    ...(init ? underInit(from("capabilities").slice(1), last) : [...from("capabilities").slice(1), last]),
  ];
}

/** no-new-privs is inherited. The filter is loaded into both processes, each in its last frame. */
function underInit(rest: readonly Layer[], last: Phase): Phase[] {
  const filter = rest.filter((it) => it.name === "seccomp");
  const others = rest.filter((it) => it.name !== "seccomp");
  return [...others, prepareInit, ...filter, serveAsInit, ...filter, last];
}
