// Files of /proc and /sys by which the machine is configured. They are opened for writing, and nothing is written.

import { existsSync } from "node:fs";
import { O_WRONLY } from "../../abi/fcntl.ts";
import { filtered, lacks, readOnly } from "../guard.ts";
import { defineProbe, type Probe } from "../probe.ts";
import { reach } from "../reach.ts";
import { withoutFile, withoutFilesystem } from "../unavailable.ts";

interface Setting {
  readonly name: string;
  readonly question: string;
  readonly path: string;
  /** The same file where the attacker mounts by himself. */
  readonly own?: string;
  readonly lesson: string;
  readonly unavailable?: () => string | undefined;
}

const setting = ({ name, question, path, own, lesson, unavailable }: Setting): Probe =>
  defineProbe({
    name,
    question,
    call: `open("${path}", O_WRONLY)`,
    blocked: ["EROFS"],
    ways: [[readOnly(path)], [lacks("CAP_SYS_ADMIN"), filtered]],
    lesson,
    unavailable: unavailable ?? withoutFile(path, "such setting"),
    attempt: ({ stage }) =>
      reach(stage, {
        path,
        ...(own === undefined ? {} : { own }),
        flags: O_WRONLY,
        useful: async () => "it is open for writing",
      }),
  });

export const writeCorePattern = setting({
  name: "core-pattern",
  question: "Can it have the host run a program at a crash?",
  path: "/proc/sys/kernel/core_pattern",
  lesson: "proc",
});

export const dropCaches = setting({
  name: "drop-caches",
  question: "Can it slow the machine down?",
  path: "/proc/sys/vm/drop_caches",
  lesson: "proc",
});

export const sysrq = setting({
  name: "sysrq",
  question: "Can it restart the machine by a letter?",
  path: "/proc/sysrq-trigger",
  lesson: "proc",
});

export const irqAffinity = setting({
  name: "irq-affinity",
  question: "Can it choose which CPU serves interrupts?",
  path: "/proc/irq/default_smp_affinity",
  lesson: "proc",
});

export const writeSysfs = setting({
  name: "write-sysfs",
  question: "Can it configure the kernel through /sys?",
  path: "/sys/kernel/rcu_normal",
  lesson: "mounts",
});

const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");

export const writeCgroup = setting({
  name: "write-cgroup",
  question: "Can it change its own limits?",
  path: unified ? "/sys/fs/cgroup/cgroup.procs" : "/sys/fs/cgroup/pids/cgroup.procs",
  own: "/sys/fs/cgroup/cgroup.procs",
  unavailable: withoutFilesystem("cgroup2"),
  lesson: "mounts",
});
