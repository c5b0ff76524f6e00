// Which process a number stands for. The kernel reuses pids, so a recorded one means something only together with the
// time at which that process was started, and a start time, which counts from boot, only together with the boot.

import { closeSync, readFileSync } from "node:fs";
import { EINVAL, ENOENT, ESRCH, errnoName } from "../abi/errno.ts";
import { systemCall } from "../abi/libc.ts";
import { SIG } from "../abi/signal.ts";
import { bootId } from "../core/boot.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks after boot, as seen from the time namespace of the reader. */
  readonly startTime: number;
  /** See src/core/boot.ts. */
  readonly bootId: string;
}

/** A process as proc_pid_stat(5) shows it. */
export interface ProcessEntry {
  readonly identity: ProcessIdentity;
  readonly parent: number;
  /** One that has ended and waits to be reaped. */
  readonly zombie: boolean;
}

/** The process that has this pid now, or undefined where there is none. */
export function identify(pid: number): ProcessIdentity | undefined {
  return findProcess(pid)?.identity;
}

let own: ProcessIdentity | undefined;

/** This process. */
export function self(): ProcessIdentity {
  own ??= identify(process.pid);
  if (own === undefined) throw new Error("/proc does not show this process: is proc mounted there?");
  return own;
}

/** Whether exactly this process still runs. One that has ended and waits to be reaped does not. */
export function isAlive({ pid, startTime, bootId: boot }: ProcessIdentity): boolean {
  if (boot !== bootId()) return false;
  const found = findProcess(pid);
  return found?.identity.startTime === startTime && !found.zombie;
}

/**
 * Sends a signal to exactly this process, as kill(2) cannot: its number may be another process's by then. False where it has
 * ended. Throws an Error where it is another user's.
 */
export function signalProcess(identity: ProcessIdentity, signal: string): boolean {
  const fd = systemCall("pidfd_open", identity.pid, 0);
  // EINVAL, or ENOENT since 6.9: a thread has the number by now
  if ([-ESRCH, -EINVAL, -ENOENT].includes(fd)) return false;
  if (fd < 0) throw new Error(`pidfd_open(${identity.pid}) = ${errnoName(-fd)}`);
  try {
    // the descriptor stands for whoever has the number now, also when somebody else has it later
    if (!isAlive(identity)) return false;
    const result = systemCall("pidfd_send_signal", fd, SIG[signal] as number);
    if (result < 0 && result !== -ESRCH)
      throw new Error(`pidfd_send_signal(${identity.pid}, ${signal}) = ${errnoName(-result)}`);
    return result === 0;
  } finally {
    closeSync(fd);
  }
}

/** The same, and what else is shown of it. */
export function findProcess(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // the name stands in brackets and may hold brackets itself, so what follows the last one counts
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      identity: { pid, startTime: Number(fields[19]), bootId: bootId() },
      parent: Number(fields[1]),
      zombie: fields[0] === "Z" || fields[0] === "X",
    };
  } catch {
    return undefined;
  }
}
