// What each step is for, for `minidocker learn` and `--step`.

import type { Explanation } from "../../core/layer.ts";
import type { Spec } from "../../core/spec.ts";
import { limitNames } from "./limits.ts";

export function explain(spec: Spec): Explanation {
  return { about: `${about}\n${limits(spec)}`, steps };
}

function limits({ linux: { cgroupsPath, resources = {} } }: Spec): string {
  if (cgroupsPath === undefined)
    return "For this container the layer is off: it shares the cgroup of whoever started it.";
  const { memory = {}, cpu = {}, pids } = resources;
  const rows: [unknown, string][] = [
    [memory.limit, limitNames.memory],
    [memory.swap, limitNames.swap],
    [memory.reservation, limitNames.reservation],
    [cpu.quota, limitNames.cpus],
    [cpu.shares, limitNames.shares],
    [cpu.cpus, limitNames.cpuset],
    [pids?.limit, limitNames.pids],
  ];
  const set = rows.filter(([value]) => value !== undefined).map(([value, name]) => `* ${name}: \`${value}\``);
  return set.length === 0
    ? "This container has no limit: it is only counted."
    : `This container gets:\n\n${set.join("\n")}`;
}

const about = `
Namespaces decide what a process *sees*; control groups decide how much it *gets*. A cgroup is a folder in a file
system that the kernel makes up: \`mkdir\` creates one, writing a pid into \`cgroup.procs\` moves a process there, and
a limit is a number in a file. Whatever the process starts from then on is born in the same cgroup, and only
somebody who may write to another one's \`cgroup.procs\` can get it out.

The kernel acts on the group, not on the process: all of them together may use that much memory. When they want more
and nothing can be reclaimed, one of them is killed, and \`memory.events\` counts it. A process past its CPU quota is
not killed but waits for the next period. A fork past the process limit fails with EAGAIN.

There are two versions. In **v2** there is one tree, and each cgroup says in \`cgroup.subtree_control\` which
controllers the cgroups below it have. In **v1**, which older hosts still mount, every controller has a tree of its
own, so a container is a folder in each of them, and the files have other names: \`memory.limit_in_bytes\` for
\`memory.max\`.

What this does not do: a program inside still *sees* the whole machine, since \`free\` and \`top\` read what the
kernel knows about all of it. A weight is no limit: it counts only while others want the same CPU. And nothing here
keeps a process from what it may do.`;

const steps: Readonly<Record<string, string>> = {
  "look whether the name is free":
    "A cgroup that exists already belongs to somebody. It is left alone, because what is made here will be taken back at the end, and taking back a cgroup means killing everything in it.",
  "make the cgroup":
    "One `mkdir` for each level; the kernel fills the new folder with its files. v1: once in each tree that is needed. The way back was written down before, so that even a crash in the next microsecond leaves nothing behind that nobody knows of.",
  "hand on the controllers":
    "v2 only. A new cgroup has no `memory.max` yet: a controller is there only if the cgroup *above* passes it on with `+memory` in its `cgroup.subtree_control`. A cgroup that passes controllers on may hold no processes itself (the *no internal processes* rule), or they would compete with their own children; hence a folder for all containers, and below it one for each.",
  "give the cpuset its CPUs and memory nodes":
    "v1 only. A new cpuset is empty: no CPU to run on, no memory to run in. Moving a process there fails with ENOSPC until both files are filled, so each level takes what the one above has. v2 inherits by itself.",
  "set the limits":
    "Before the process comes in, so that it never runs without them. v2 counts swap by itself, v1 together with memory, and Docker's options speak of the sum: `--memory 64m --memory-swap 128m` is `memory.max` 64 MiB and `memory.swap.max` 64 MiB, or `memory.memsw.limit_in_bytes` 128 MiB.",
  "restrict devices":
    "A device node is just a file with two numbers, and root may make one for the host's disk anywhere. So the kernel is told which numbers may be *opened*. v1 keeps a list: `devices.deny` all, then `devices.allow` null, zero, random, terminals. v2 has no such file; it asks an eBPF program, which minidocker assembles from the same rules and attaches to the cgroup. Denied is EPERM, whatever the node's mode says. Where neither can be had there is no container; only in a user namespace it takes neither, for no device can be made there.",
  "put the process into the cgroup":
    "The pid, written into `cgroup.procs`; v1: in every tree. From now on it is counted and limited, and with it everything it will ever start. This is done from outside: the process has no say in it.",
  "a cgroup namespace of its own":
    "The cgroup in which a process is at *this* moment becomes `/` for it: `/proc/self/cgroup` shows `/` instead of the path on the host. Done before the step above, it would freeze the wrong root, and the container would read about its host.",
  "join a cgroup namespace":
    "Instead of a new one, a cgroup namespace that exists is entered: paths in `/proc/self/cgroup` are shown relative to its root.",
};
