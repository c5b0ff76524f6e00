// Starting stages. The first one is a program that is executed; every other one is a clone of a stage.

import { existsSync } from "node:fs";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { EAGAIN, ENOSPC, EPERM } from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  F_ADD_SEALS,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  F_SETFD,
  FD_CLOEXEC,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  O_CLOEXEC,
  O_RDONLY,
} from "../abi/fcntl.ts";
import { cloneArgs } from "../abi/sched.ts";
import { SIGCHLD } from "../abi/signal.ts";
import { type Result, Sent } from "./call.ts";
import { Channel, closeDescriptor } from "./channel.ts";
import { Live, Plan } from "./executor.ts";
import { PATIENCE, type Session, Stage } from "./stage.ts";
import { CHANNEL } from "./wire.ts";

/** A stage that is about to be. */
export interface Launching {
  /** Waits for it, if need be. */
  finish(): Promise<Launched>;
  /** Closes the channel, which ends it. */
  close(): void;
}

export interface Launched {
  readonly stage: Stage;
  /** Its pid, as this process sees it. */
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly ended: Promise<number>;
  /** Closes the channel, which ends a stage that waits for orders. */
  close(): void;
}

/** Where the stage's program is: beside a release build, else where `npm ci` has built it. `MINIDOCKER_STAGE` wins. */
export function stageProgram(): string {
  const beside = join(dirname(process.execPath), "stage");
  const built = join(import.meta.dir, "../../native/stage");
  const chosen = process.env["MINIDOCKER_STAGE"];
  const path = chosen ?? (Bun.isStandaloneExecutable ? beside : built);
  if (!existsSync(path)) {
    if (chosen !== undefined)
      throw new Error(`MINIDOCKER_STAGE=${chosen}: there is no such file; unset it to use ${built}`);
    if (Bun.isStandaloneExecutable)
      throw new Error(
        `${path} is missing: the three parts of a release lie in one folder (minidocker, stage, minidocker-text)`,
      );
    throw new Error(
      `${path} is missing: the stage is not built. With a C compiler installed (Debian, Ubuntu: apt-get install gcc libc6-dev), run: npm run postinstall`,
    );
  }
  return path;
}

/**
 * Starts a stage as a child of this process, with this process's stdin, stdout and stderr. What takes a while goes on by itself until
 * somebody calls `finish`.
 * It runs from a sealed copy in memory, so nothing in a container can overwrite the program that it came from
 * through /proc/PID/exe (CVE-2019-5736). Without `setsid` (setsid(2)) it stays among the caller's processes and can use its
 * terminal.
 */
export async function beginLaunch(session: Session, role = "host", { setsid = true } = {}): Promise<Launching> {
  const [channel, theirs] = Channel.pair();
  const child = Bun.spawn([stageProgram()], { stdio: ["inherit", "inherit", "inherit", theirs], env: {} });
  closeDescriptor(theirs);
  const stage = new Stage(role, new Live(role, channel, () => child.kill("SIGKILL")), session);
  const close = (): void => channel.close();
  const orClose = (error: unknown): never => {
    close();
    throw error;
  };
  // out of the caller's session: its Ctrl-C is for minidocker, which forwards what it gets
  if (setsid) await stage.setsid().catch(orClose);
  const copy = await makeCopy(stage).catch(orClose);
  const finish = async (): Promise<Launched> => {
    await become(stage, copy).catch(orClose);
    return { stage, pid: child.pid, ended: child.exited, close };
  };
  return { finish, close };
}

/** The same, done. */
export async function launch(...args: Parameters<typeof beginLaunch>): Promise<Launched> {
  return (await beginLaunch(...args)).finish();
}

const SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
const ALL = 0x7ffff000;

/** A copy of the stage's program in memory that nobody can change. */
async function makeCopy(stage: Stage): Promise<Result> {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  const executable = major > 6 || (major === 6 && minor >= 3) ? MFD_EXEC : 0;
  const copy = await stage.memfd_create("stage", MFD_CLOEXEC | MFD_ALLOW_SEALING | executable);
  const self = await stage.openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0);
  await stage.sendfile(copy, self, 0, ALL);
  await stage.fcntl_F_ADD_SEALS(copy, F_ADD_SEALS, SEALS);
  // what follows needs a frame of its own: with nobody left to reply, the results of these would be lost to the trace
  stage.sendAhead();
  return copy;
}

/** Executes the copy. */
async function become(stage: Stage, copy: Result): Promise<void> {
  await stage.execveat(copy, "", ["minidocker-stage"], [], AT_EMPTY_PATH);
  stage.flush();
  await stage.fcntl_F_SETFD(CHANNEL, F_SETFD, FD_CLOEXEC);
}

export interface Cloned {
  readonly stage: Stage;
  /** As its parent sees it. */
  readonly pid: number;
  /** Closes the channel, which ends a stage that waits for orders. */
  close(): void;
}

/** A child of `parent`, in the namespaces that `flags` (CLONE_NEW*) makes, with a channel of its own. */
export function clone(parent: Stage, role: string, flags: number): Promise<Cloned> {
  return withChannel(
    parent,
    role,
    async (theirs) =>
      await parent.clone3({ flags, exit_signal: SIGCHLD }, cloneArgs.size, theirs, {
        assume: ASSUMED_PID,
        cause: {
          [EPERM]: "making namespaces needs root or a user namespace",
          [ENOSPC]: "the limit on namespaces is reached: see /proc/sys/user/max_*_namespaces",
        },
      }),
  );
}

/** A child of `parent` where it is, by clone(2): the default filter of system calls refuses clone3. */
export async function fork(parent: Stage, role: string): Promise<Cloned> {
  const cloned = await withChannel(
    parent,
    role,
    async (theirs) =>
      await parent.clone(SIGCHLD, 0, theirs, {
        assume: ASSUMED_PID,
        cause: { [EAGAIN]: "the container has as many processes as its limit allows (--pids-limit)" },
      }),
  );
  cloned.stage.limit(PATIENCE);
  return cloned;
}

async function withChannel(parent: Stage, role: string, make: (theirs: Sent) => Promise<Result>): Promise<Cloned> {
  const [channel, theirs] = Channel.pair();
  try {
    const pid = parent.value(await make(new Sent(theirs)));
    const executor = parent.plans ? new Plan() : new Live(role, channel);
    return { stage: new Stage(role, executor, parent.session), pid, close: () => channel.close() };
  } catch (error) {
    channel.close();
    throw error;
  } finally {
    closeDescriptor(theirs);
  }
}

/** What a plan shows for the pid of a process that does not exist. */
export const ASSUMED_PID = 4242;

/** A stage that makes no calls but records the same ones: for `--dry-run` and for explanations. */
export async function launchPlan(session: Session, role = "host"): Promise<Stage> {
  const stage = new Stage(role, new Plan(), session);
  await stage.setsid();
  await become(stage, await makeCopy(stage));
  return stage;
}
