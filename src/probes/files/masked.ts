// Files and folders of /proc and /sys that tell of the machine, and not of the container. They are covered by an empty one: read, not
// changed.

import { O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import { filtered, lacks, masked } from "../guard.ts";
import { defineProbe, type Probe } from "../probe.ts";
import { contents, entries, reach } from "../reach.ts";
import { emptyFolder, withoutFile } from "../unavailable.ts";

interface Masked {
  readonly name: string;
  readonly question: string;
  readonly path: string;
  readonly folder?: true;
  /** What one must be able to do besides, to open it. */
  readonly capability?: string;
}

const mask = ({ name, question, path, folder, capability }: Masked): Probe =>
  defineProbe({
    name,
    question,
    call: `read(open("${path}"))`,
    blocked: ["invisible", "EPERM"],
    ways: [
      [masked(path), ...(capability === undefined ? [] : [lacks(capability)])],
      [lacks("CAP_SYS_ADMIN"), filtered],
    ],
    lesson: "proc",
    unavailable: folder ? emptyFolder(path) : withoutFile(path, "such file"),
    attempt: ({ stage }) =>
      reach(stage, {
        path,
        flags: folder ? O_RDONLY | O_DIRECTORY : O_RDONLY,
        useful: folder ? entries : contents,
      }),
  });

export const readTimers = mask({
  name: "read-timers",
  question: "Can it read the timers of all processes?",
  path: "/proc/timer_list",
});

export const readKeys = mask({ name: "read-keys", question: "Can it read the names of keys?", path: "/proc/keys" });

export const readInterrupts = mask({
  name: "read-interrupts",
  question: "Can it watch the machine's interrupts?",
  path: "/proc/interrupts",
});

export const readKcore = mask({
  name: "read-kcore",
  question: "Can it read all of the machine's memory?",
  path: "/proc/kcore",
  capability: "CAP_SYS_RAWIO",
});

export const readFirmware = mask({
  name: "read-firmware",
  question: "Can it read the firmware's tables?",
  path: "/sys/firmware",
  folder: true,
});
