// What every container finds mounted, and what of it is out of bounds: Docker's defaults, each with its reason. The
// engine puts these tables into the OCI configuration; the overlay layer carries out whatever the configuration holds.

import { existsSync, readdirSync } from "node:fs";
import type { Device, Mount } from "./spec.ts";

const MiB = 1024 * 1024;

/**
 * In the order of mounting. `userNamespace`: the group 5 (tty) may stand for nobody there, so terminals get the group
 * of whoever opens them. `shmSize` in bytes.
 */
export function defaultMounts(userNamespace: boolean, shmSize = 64 * MiB): Mount[] {
  return [
    // the view of the container's own processes; nothing in it is a program, and nothing needs setuid or device nodes
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    // in memory, small, and with the few nodes that are made in it, instead of the host's devices
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    // terminals of its own: number 0 in here is another one than number 0 on the host
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...(userNamespace ? [] : ["gid=5"])],
    },
    // read-only: most of what can be written in sysfs configures the machine, not the container
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    // the container's own limits, to read
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: ["ro", "nosuid", "noexec", "nodev"],
    },
    // POSIX message queues, those of its IPC namespace: mq_overview(7)
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
    // shm_open(3) makes its files here; it counts as the container's memory
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: ["nosuid", "noexec", "nodev", "mode=1777", `size=${shmSize}`],
    },
  ];
}

const character = (name: string, major: number, minor: number): Device => ({
  type: "c",
  path: `/dev/${name}`,
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

/** Nodes that programs take for granted and that reach no hardware. Numbers: Documentation/admin-guide/devices.txt. */
export const defaultDevices: readonly Device[] = [
  character("null", 1, 3),
  character("zero", 1, 5),
  character("full", 1, 7),
  character("random", 1, 8),
  character("urandom", 1, 9),
  // not a terminal but the way to whichever one the process has, if any
  character("tty", 5, 0),
];

/** Not there for anybody in the container: files read as empty, folders as well. Looks at what this machine has. */
export const defaultMaskedPaths = (): string[] => [...maskedPaths, ...thermalThrottling()];

const maskedPaths: readonly string[] = [
  "/proc/acpi", // power and laptop buttons of the machine
  "/proc/asound", // sound cards
  "/proc/interrupts", // timing of other people's key strokes
  "/proc/kcore", // all of the machine's memory
  "/proc/keys", // names of everybody's keys
  "/proc/latency_stats", // what other processes wait for
  "/proc/sched_debug", // all processes, across pid namespaces
  "/proc/scsi", // takes commands that remove disks
  "/proc/timer_list", // kernel addresses, and all processes again
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap", // power meters, precise enough to guess keys from (CVE-2020-8694)
  "/sys/firmware", // ACPI tables, EFI variables
];

/** There, but not to be written to: they configure the machine. */
export const defaultReadonlyPaths: readonly string[] = [
  "/proc/bus", // PCI devices' configuration
  "/proc/fs", // settings of the host's file systems
  "/proc/irq", // which CPU serves which interrupt
  "/proc/sys", // the kernel's settings: core_pattern would run a program on the host
  "/proc/sysrq-trigger", // a letter written here restarts the machine
];

/**
 * What may be mounted below /proc because it does not weaken it: lxcfs provides these. Anything else there that is not
 * proc's own could deceive (CVE-2019-16884).
 */
export const replaceableInProc = /^\/proc\/(cpuinfo|diskstats|loadavg|meminfo|slabinfo|stat|swaps|uptime)$/;

// Counts how often each CPU was too hot: a channel between containers that share one. Only on machines that count it.
function thermalThrottling(): string[] {
  const cpus = "/sys/devices/system/cpu";
  if (!existsSync(`${cpus}/cpu0/thermal_throttle`)) return [];
  return readdirSync(cpus)
    .filter((it) => /^cpu\d+$/.test(it))
    .map((it) => `${cpus}/${it}/thermal_throttle`);
}
