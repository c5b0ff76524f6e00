// Which boot this is: what is recorded about processes, cgroups and links of an earlier one means nothing any more.

import { readFileSync } from "node:fs";

let current: string | undefined;

/** /proc/sys/kernel/random/boot_id: a random number of the kernel's, the same until the machine is restarted. */
export function bootId(): string {
  current ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return current;
}
