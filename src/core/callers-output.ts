// The caller's stdout and stderr, as the supervisor is to have them. It does many things at once, so it must never wait in a write for
// a reader that has stopped: Ctrl-S, an ssh that hangs, `less`. poll(2) cannot promise that. A terminal that it calls writable may
// take only a part, and a pipe may have got other writers' bytes in between, stderr's for example.
//
// What does promise it is O_NONBLOCK. But that belongs to the open file, which the caller's shell has as well, and it would be
// surprised. So the file is opened once more; only a terminal or a pipe, for other files have a position, which is shared, too.

import { fstatSync } from "node:fs";
import { EACCES, EBUSY, EIO, ENXIO } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../abi/fcntl.ts";
import { makedev } from "../abi/stat.ts";
import type { Result } from "../stage/call.ts";
import type { Stage } from "../stage/stage.ts";
import { isTerminal } from "./is-terminal.ts";

export interface Output {
  readonly fd: number;
  readonly reopened: Result | undefined;
}

/** Of descriptor `fd`, which `host` has from this process. */
export async function openOutput(host: Stage, fd: number): Promise<Output> {
  const kind = kindOf(fd);
  if (kind === undefined) return { fd, reopened: undefined };
  const reopened = await host.openat(AT_FDCWD, `/proc/self/fd/${fd}`, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0, {
    tolerate: refusals[kind],
  });
  return { fd, reopened };
}

/** The descriptor for SUPERVISE. What could not be opened again has to do as it is. */
export function outputOf(host: Stage, { fd, reopened }: Output): number {
  return reopened !== undefined && host.value(reopened) >= 0 ? reopened.value : fd;
}

/** To open the near end of a pseudo-terminal is to make another one. */
const PTMX = makedev(5, 2);

/**
 * EACCES: it is another user's, as after su(1). ENXIO, EIO: nobody reads it any more. EBUSY: somebody wants it alone (TIOCEXCL in
 * ioctl_tty(2)).
 */
const refusals = { pipe: [EACCES, ENXIO], terminal: [EACCES, EIO, EBUSY] } as const;

/** What may be opened again. */
function kindOf(fd: number): keyof typeof refusals | undefined {
  try {
    const status = fstatSync(fd);
    if (status.isFIFO()) return "pipe";
    return isTerminal(fd) && status.rdev !== PTMX ? "terminal" : undefined;
  } catch {
    return undefined;
  }
}
