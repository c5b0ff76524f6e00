// The options of `run`, with Docker's names and meanings where Docker has them.

import type { Option, Values } from "./command.ts";

const program = "Program";
const files = "Files";
const limits = "Limits";
const network = "Network";
const privileges = "Privileges";
const watching = "Watching and experimenting";

export const runOptions = [
  { long: "interactive", short: "i", help: "keep stdin open", group: program },
  { long: "tty", short: "t", help: "give the container a terminal", group: program },
  { long: "rm", help: "remove the container when it has ended", group: program },
  { long: "name", value: "NAME", help: "what the container is called; otherwise a name is made up", group: program },
  {
    long: "hostname",
    short: "h",
    value: "NAME",
    help: "the host name inside; otherwise the container's id",
    group: program,
  },
  {
    long: "env",
    short: "e",
    value: "NAME[=VALUE]",
    repeat: true,
    help: "set a variable; without a value, to the one that it has here",
    group: program,
  },
  {
    long: "env-file",
    value: "FILE",
    repeat: true,
    help: "set the variables in a file, one on each line",
    group: program,
    complete: "file",
  },
  {
    long: "workdir",
    short: "w",
    value: "FOLDER",
    help: "the working directory, made if it is not there",
    group: program,
  },
  {
    long: "user",
    short: "u",
    value: "USER[:GROUP]",
    help: "names or ids; names are looked up in the image",
    group: program,
  },
  {
    long: "entrypoint",
    value: "PROGRAM",
    help: 'what runs instead of the image\'s entry point; "" for none',
    group: program,
  },
  { long: "init", help: "run a small init as PID 1, which forwards signals and reaps processes", group: program },
  { long: "stop-signal", value: "SIGNAL", help: "the signal with which the container is asked to end", group: program },

  {
    long: "volume",
    short: "v",
    value: "SRC:DST[:ro]",
    repeat: true,
    help: "mount a file or folder of the host, or a named volume; a new volume is empty and hides what the image has there (Docker copies it in)",
    group: files,
  },
  { long: "tmpfs", value: "DST[:OPTIONS]", repeat: true, help: "mount an empty folder in memory", group: files },
  { long: "read-only", help: "mount the root file system read-only", group: files },
  {
    long: "device",
    value: "HOST[:CTR[:rwm]]",
    repeat: true,
    help: "make a device of the host available",
    group: files,
    complete: "file",
  },
  { long: "shm-size", value: "BYTES", help: "the size of /dev/shm; 64m otherwise", group: files },

  {
    long: "memory",
    short: "m",
    value: "BYTES",
    help: "the most memory that all processes together may use; also limits swap",
    group: limits,
  },
  {
    long: "memory-swap",
    value: "BYTES",
    help: "memory and swap together; -1: as much swap as there is",
    group: limits,
  },
  {
    long: "memory-reservation",
    value: "BYTES",
    help: "what the container is left with when memory is short",
    group: limits,
  },
  { long: "cpus", value: "NUMBER", help: "how many processors' time it gets at most, such as 1.5", group: limits },
  { long: "cpu", value: "PERCENT", help: "the same in percent of one processor, such as 25", group: limits },
  {
    long: "cpu-shares",
    value: "NUMBER",
    help: "its weight when processors are short; 1024 is the default",
    group: limits,
  },
  { long: "cpuset-cpus", value: "LIST", help: "which processors it may use, such as 0-2,4", group: limits },
  {
    long: "pids-limit",
    aliases: ["pids"],
    value: "NUMBER",
    help: "how many processes and threads it may have; -1: any number",
    group: limits,
  },
  {
    long: "ulimit",
    value: "NAME=SOFT[:HARD]",
    repeat: true,
    help: "a limit of each process, such as nofile=1024:2048",
    group: limits,
    complete: "limit",
  },
  {
    long: "sysctl",
    value: "NAME=VALUE",
    repeat: true,
    help: "a kernel setting of the container's own namespaces",
    group: limits,
  },

  {
    long: "network",
    aliases: ["net"],
    value: "MODE",
    help: "none, host, bridge or container:NAME",
    group: network,
    complete: ["none", "host", "bridge", "container:"],
  },
  {
    long: "publish",
    short: "p",
    value: "[IP:]HOST:CTR[/udp]",
    repeat: true,
    help: "lead a port of the host into the container",
    group: network,
  },
  { long: "dns", value: "IP", repeat: true, help: "a name server instead of the host's", group: network },
  { long: "add-host", value: "NAME:IP", repeat: true, help: "a line for /etc/hosts", group: network },

  {
    long: "cap-add",
    value: "CAPABILITY",
    repeat: true,
    help: "leave a capability that is dropped otherwise; ALL for every one",
    group: privileges,
    complete: "capability",
  },
  {
    long: "cap-drop",
    value: "CAPABILITY",
    repeat: true,
    help: "drop a capability that is left otherwise; ALL for every one",
    group: privileges,
    complete: "capability",
  },
  {
    long: "security-opt",
    value: "OPTION",
    repeat: true,
    help: "no-new-privileges=false, seccomp=FILE or seccomp=unconfined",
    group: privileges,
    complete: ["no-new-privileges=false", "seccomp=unconfined", "seccomp="],
  },
  { long: "rootless", help: "use a user namespace, as an ordinary user has to", group: privileges },

  {
    long: "layers",
    value: "LIST",
    repeat: true,
    help: "apply these only: layers, parts such as namespaces.pid, all, or none; or, each with a - in front, all layers but these",
    group: watching,
    complete: "layer",
  },
  { long: "layer", value: "FILE", repeat: true, help: "add a layer of your own", group: watching, complete: "file" },
  {
    long: "step",
    value: "layer|step|call",
    optional: true,
    help: "pause before each layer, step (the default) or system call",
    group: watching,
    complete: ["layer", "step", "call"],
  },
  {
    long: "trace",
    value: "FILE",
    optional: true,
    help: "write down every system call, on stderr or to a file",
    group: watching,
    complete: "file",
  },
  { long: "dry-run", help: "only show what would be done", group: watching },
] as const satisfies readonly Option[];

export type RunValues = Values<typeof runOptions>;

const detach =
  "is not there, for run stays in the foreground: end the line with & instead, and the container with minidocker rm --force NAME";
const publishAll = "is not there, for images name no ports here: -p HOST:CONTAINER publishes one";

/** Options of Docker that are not here, by their long names or letters, and what to do instead. */
export const refusedOptions: Readonly<Record<string, string>> = {
  privileged:
    "--privileged takes every protection away at once; take away the one that is in the way: --cap-add NAME, --device PATH, --security-opt seccomp=unconfined, or a layer with --layers",
  mount: "--mount is not there: -v SOURCE:DESTINATION[:ro] mounts folders and volumes, --tmpfs DESTINATION memory",
  pid: "--pid is not there: the container sees the host's processes with --layers=-namespaces.pid",
  ipc: "--ipc is not there: the container shares the host's IPC with --layers=-namespaces.ipc",
  uts: "--uts is not there: the container shares the host's name with --layers=-namespaces.uts",
  userns: "--userns is not there: --rootless uses a user namespace",
  d: `-d ${detach}`,
  detach: `--detach ${detach}`,
  P: `-P ${publishAll}`,
  "publish-all": `--publish-all ${publishAll}`,
  restart:
    "--restart is not there: a loop of your shell runs a new container, such as until minidocker run …; do :; done",
};
