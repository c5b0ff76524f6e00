// Options that are each right, and together cannot be had. Refused, because to ignore one of them would give less
// protection than was asked for.

import { Refusal } from "../../core/refusal.ts";
import { leftOut, type RunOptions } from "./index.ts";
import { duplicatePort } from "./port.ts";
import type { Sysctl } from "./sysctl.ts";

interface Conflict {
  readonly applies: (options: RunOptions) => boolean;
  readonly message: (options: RunOptions) => string;
}

/** Throws a Refusal for the first conflict. */
export function checkConflicts(options: RunOptions): void {
  const found = conflicts.find((it) => it.applies(options));
  if (found !== undefined) throw new Refusal(found.message(options));
}

const joins = ({ network }: RunOptions): boolean => network?.mode === "container";
const ownsNetwork = (options: RunOptions): boolean =>
  !leftOut(options, "network") && !leftOut(options, "namespaces.network");
const ofNetwork = ({ sysctls }: RunOptions): Sysctl | undefined => sysctls.find((it) => it.namespace === "network");
const limited = ({ resources }: RunOptions): boolean => Object.values(resources).some((it) => it !== undefined);
const mountsAsked = ({ volumes, tmpfs }: RunOptions): boolean => volumes.length + tmpfs.length > 0;

/** The destinations in the container, in the order of the command line. */
function destinations({ volumes, tmpfs, devices }: RunOptions): string[] {
  return [...volumes, ...tmpfs, ...devices].map((it) => it.destination);
}

function repeated(list: readonly string[]): string | undefined {
  return list.find((it, i) => list.indexOf(it) !== i);
}

const conflicts: readonly Conflict[] = [
  {
    applies: (it) => repeated(destinations(it)) !== undefined,
    message: (it) =>
      `two things cannot be mounted at ${repeated(destinations(it))}: give one of them another destination`,
  },
  {
    applies: ({ ports }) => duplicatePort(ports) !== undefined,
    message: ({ ports }) =>
      `port ${duplicatePort(ports)} of the host is published twice: it can lead to one place only`,
  },
  {
    applies: ({ dryRun, step }) => dryRun && step !== undefined,
    message: () => "--dry-run makes nothing, so there is nothing to --step through: leave one of them out",
  },
  // Another container's network: its owner decides about it.
  {
    applies: (it) => joins(it) && it.ports.length > 0,
    message: ({ network }) =>
      `-p: the ports of ${network?.container} are published when it is started, not by who shares its network`,
  },
  {
    applies: (it) => joins(it) && it.hostname !== undefined,
    message: () => "--hostname cannot be changed with --network container:NAME: the name is the other container's",
  },
  {
    applies: (it) => joins(it) && it.dns.length + it.hosts.length > 0,
    message: () =>
      "--dns and --add-host cannot be changed with --network container:NAME: they are the other container's",
  },
  {
    applies: (it) => joins(it) && ofNetwork(it) !== undefined,
    message: (it) =>
      `--sysctl ${ofNetwork(it)?.name} cannot be changed with --network container:NAME: it is the other container's, or the host's where that one uses the host's network`,
  },
  {
    applies: ({ network, ports }) => network?.mode === "none" && ports.length > 0,
    message: () => "-p leads nowhere with --network none: leave one of them out",
  },
  // Layers that are off.
  {
    applies: (it) => !ownsNetwork(it) && it.network !== undefined && it.network.mode !== "host",
    message: ({ network }) =>
      `--network ${network?.mode} needs the layer network and the part namespaces.network: leave one of them out, or take the layer back in`,
  },
  {
    applies: (it) => !ownsNetwork(it) && it.ports.length + it.dns.length + it.hosts.length > 0,
    message: () =>
      "-p, --dns and --add-host need the layer network and the part namespaces.network, which --layers leaves out",
  },
  {
    applies: (it) => leftOut(it, "cgroups") && limited(it),
    message: () =>
      "a limit of memory, CPU or processes needs the layer cgroups, which --layers leaves out: nothing would enforce it",
  },
  {
    applies: (it) => leftOut(it, "cgroups") && it.devices.length > 0,
    message: () => "--device needs the layer cgroups, which --layers leaves out: without it no device is refused",
  },
  {
    applies: (it) => leftOut(it, "namespaces.mount") && (mountsAsked(it) || it.readOnly || it.shmSize !== undefined),
    message: () =>
      "-v, --tmpfs, --shm-size and --read-only need the part namespaces.mount, which --layers leaves out: without it nothing is mounted",
  },
  {
    applies: (it) => leftOut(it, "overlay") && (mountsAsked(it) || it.shmSize !== undefined),
    message: () => "-v, --tmpfs and --shm-size need the layer overlay, which --layers leaves out",
  },
  {
    applies: (it) => leftOut(it, "namespaces.uts") && it.hostname !== undefined,
    message: () => "--hostname needs the part namespaces.uts, which --layers leaves out: it would rename the host",
  },
  {
    applies: (it) => it.sysctls.some(({ namespace }) => leftOut(it, `namespaces.${namespace}`)),
    message: (it) => {
      const sysctl = it.sysctls.find(({ namespace }) => leftOut(it, `namespaces.${namespace}`));
      return `--sysctl ${sysctl?.name} needs the part namespaces.${sysctl?.namespace}, which --layers leaves out: it would change the host`;
    },
  },
  {
    applies: (it) => it.network?.mode === "host" && ofNetwork(it) !== undefined,
    message: () => "--sysctl net.… would change the host with --network host",
  },
  {
    applies: (it) => leftOut(it, "capabilities") && it.capAdd.length + it.capDrop.length > 0,
    message: () => "--cap-add and --cap-drop need the layer capabilities, which --layers leaves out",
  },
  {
    applies: (it) => it.rootless && leftOut(it, "namespaces.user"),
    message: () => "--rootless is the user namespace: it cannot go with --layers that leave namespaces.user out",
  },
];
