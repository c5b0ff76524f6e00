// A shell inside a container, finished or half built: a process of the host that joins the namespaces which the container has so
// far. It has none of the other layers' limits; it is for looking around.

import { ENOENT } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY } from "../abi/fcntl.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "../abi/sched.ts";
import { SIG_BLOCK, SIGINT, SIGQUIT, SIGSET_SIZE, SIGTSTP, sigsetOf } from "../abi/signal.ts";
import { readStatus, STATUS_SIZE } from "../abi/wait.ts";
import { View } from "../core/view.ts";
import { clone, launch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import { withTerminalLent } from "./interrupts.ts";

/** In the order of joining: the user namespace first, because it gives the right to the others. */
const joinable: readonly (readonly [file: string, flag: number])[] = [
  ["user", CLONE_NEWUSER],
  ["mnt", CLONE_NEWNS],
  ["pid", CLONE_NEWPID],
  ["uts", CLONE_NEWUTS],
  ["ipc", CLONE_NEWIPC],
  ["net", CLONE_NEWNET],
  ["cgroup", CLONE_NEWCGROUP],
];

/** The namespaces in which process `pid` differs from this one, by their names in /proc/PID/ns. */
export function ownNamespaces(pid: number): string[] {
  const view = new View(pid);
  return joinable.map(([file]) => file).filter((file) => view.ownNamespace(file, view.host));
}

/** Puts `stage`, a process of the host, into the namespaces that process `pid` has by now, with its file tree as root. */
export async function join(stage: Stage, pid: number): Promise<void> {
  const wanted = ownNamespaces(pid);
  // opened before joining, while /proc still is the host's
  const root = await stage.openat(AT_FDCWD, `/proc/${pid}/root`, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  const opened = [];
  for (const [file, flag] of joinable.filter(([file]) => wanted.includes(file))) {
    opened.push([await stage.openat(AT_FDCWD, `/proc/${pid}/ns/${file}`, O_RDONLY | O_CLOEXEC, 0), flag] as const);
  }
  for (const [fd, flag] of opened) await stage.setns(fd, flag);
  await stage.fchdir(root);
  await stage.chroot(".");
}

/** What a shell or script finds in its environment there. */
export const environmentInside = (): string[] => [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  `TERM=${process.env["TERM"] ?? "dumb"}`,
];

/** Of an execve of /bin/sh. */
export const noShell = { [ENOENT]: "there is no /bin/sh in its file tree yet" };

/**
 * Runs a shell there, on this process's terminal, and waits for it. Resolves with its status as wait4(2) gives it. Without job
 * control (`+m`): the terminal's process groups are the host's, and have no numbers in a pid namespace.
 */
export function shellInside(pid: number, argv: readonly string[] = ["sh", "+m"]): Promise<number> {
  return withTerminalLent(() => shellOnThisTerminal(pid, argv));
}

async function shellOnThisTerminal(pid: number, argv: readonly string[]): Promise<number> {
  const session = new Session();
  session.origin = { layer: "shell", step: "join the namespaces" };
  const guest = await launch(session, "guest", { setsid: false });
  try {
    const { stage } = guest;
    await join(stage, pid);
    // a joined pid namespace is for children only
    const shell = await clone(stage, "shell", 0);
    // Ctrl-C is for what runs in the shell, not for those who wait for it
    await stage.rt_sigprocmask(SIG_BLOCK, { bits: sigsetOf([SIGINT, SIGQUIT, SIGTSTP]) }, 0, SIGSET_SIZE);
    const env = [...environmentInside(), "PS1=(inside) # "];
    await shell.stage.execve("/bin/sh", argv, env, { cause: noShell });
    shell.stage.flush();
    const waited = await stage.wait4(shell.pid, STATUS_SIZE, 0, 0);
    const status = readStatus(stage.bytes(waited));
    shell.close();
    return status;
  } finally {
    guest.close();
  }
}
