// The whole making of a container, in order: the seven layers, and between them what is no layer because nothing is isolated by
// it. This list is the table of contents of `minidocker run`.

import type { Layer, Phase } from "../core/layer.ts";
import { executeProgram, openStreams, prepareProcess, settleProcess } from "../core/process.ts";
import { type Files, prepareSupervision } from "../core/supervise.ts";
import { openPassage, openTerminal } from "../core/terminal.ts";

export interface PhaseChoices {
  readonly terminal: boolean;
  readonly interactive: boolean;
  readonly files: Files;
}

export function phasesFor(layers: readonly Layer[], { terminal, interactive, files }: PhaseChoices): Phase[] {
  const before = (name: string): Layer[] => layers.slice(0, layers.findIndex((it) => it.name === name));
  const from = (name: string): Layer[] => layers.slice(layers.findIndex((it) => it.name === name));
  const beforeNetwork = before("network");
  const untilCapabilities = before("capabilities").slice(beforeNetwork.length);
  return [
    openStreams(interactive),
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
    // no-new-privs, seccomp
    ...from("capabilities").slice(1),
    executeProgram,
  ];
}
