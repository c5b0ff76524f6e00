// While the program runs, the host stage is its supervisor: it copies its streams, forwards signals, keeps its log and its exit status.

import { EIO, EOWNERDEAD } from "../abi/errno.ts";
import { AT_FDCWD, F_SETFL, O_APPEND, O_CLOEXEC, O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { PR_SET_CHILD_SUBREAPER } from "../abi/prctl.ts";
import { SFD_CLOEXEC, SIG, SIG_SETMASK, SIGPIPE, SIGSET_SIZE, sigsetOf } from "../abi/signal.ts";
import { TCSETS } from "../abi/termios.ts";
import { exitedWith, terminatedBy } from "../abi/wait.ts";
import { Memory, type Result, Sent } from "../stage/call.ts";
import { Channel, closeDescriptor } from "../stage/channel.ts";
import type { Shown } from "../stage/codec.ts";
import type { Stage } from "../stage/stage.ts";
import { CHANNEL, supervise as order, STATUS_BITS } from "../stage/wire.ts";
import { type Output, openOutput, outputOf } from "./callers-output.ts";
import type { Context, Phase } from "./layer.ts";
import { STREAMS, type Streams } from "./process.ts";
import { Slot } from "./slot.ts";
import { ownsNamespace } from "./spec.ts";
import { TERMINAL, type Terminal } from "./terminal.ts";

/** Not forwarded: what the supervisor causes itself, what nobody can catch, and what is about its own terminal. */
const kept = new Set([
  "SIGKILL",
  "SIGSTOP",
  "SIGSEGV",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGPIPE",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
]);
export const forwarded: readonly string[] = Object.keys(SIG).filter((name) => !kept.has(name));

/** Where the container's log and exit record go. */
export interface Files {
  readonly log: string;
  readonly record: string;
}

/** Descriptors of the host stage. */
interface Supervision {
  readonly signals: Result;
  readonly log: Result;
  readonly record: Result;
  readonly stdout: Output;
  readonly stderr: Output;
}

const SUPERVISION = new Slot<Supervision>("what supervision needs", "prepareSupervision");

/** What has to be ready before the program runs, so that not even its first signal or byte is missed. */
export function prepareSupervision(files: Files): Phase {
  return {
    name: "process",
    async apply(ctx) {
      const { host } = ctx;
      ctx.step("prepare supervision");
      // nothing else holds together what the program starts, so its orphans come here: src/engine/descendants.ts
      if (!ownsNamespace(ctx.spec, "pid")) await host.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
      const numbers = forwarded.map((name) => SIG[name] as number);
      // a reader that has gone is an errno (EPIPE) to the supervisor, and no reason to end
      await host.rt_sigprocmask(SIG_SETMASK, { bits: sigsetOf([...numbers, SIGPIPE]) }, 0, SIGSET_SIZE);
      const signals = await host.signalfd4(-1, { bits: sigsetOf(numbers) }, SIGSET_SIZE, SFD_CLOEXEC);
      const log = await host.openat(AT_FDCWD, files.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600);
      const record = await host.openat(AT_FDCWD, files.record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600);
      const [stdout, stderr] = [await openOutput(host, 1), await openOutput(host, 2)];
      SUPERVISION.leave(ctx, { signals, log, record, stdout, stderr });
    },
  };
}

export interface Ended {
  /** As wait4(2) gives it. */
  readonly status: number;
  /** The errno with which some of its output was refused by whatever the caller's stdout or stderr is; 0: none was. */
  readonly lost: number;
}

/** Starts supervising. The promise resolves when the program has ended; until then this process is free. */
export async function superviseProgram(ctx: Context): Promise<Ended> {
  const { host } = ctx;
  const streams = STREAMS.of(ctx);
  const terminal = TERMINAL.find(ctx);
  const supervision = SUPERVISION.of(ctx);
  const { signals, log, record } = supervision;
  ctx.step("supervise");
  for (const fd of streams.inside) if (fd !== -1) await host.close(fd);
  // a program can open the other end of its pipes as well, and be faster than the supervisor
  for (const fd of [streams.stdin, streams.stdout, streams.stderr])
    if (fd !== -1) await host.fcntl(fd, F_SETFL, O_NONBLOCK);
  // not in one frame with what follows, whose reply comes when the program has ended
  host.sendAhead();
  const memory = Memory.struct(order, {
    pid: ctx.pid,
    signals,
    record,
    log,
    listener: -1,
    terminal: terminal?.master ?? -1,
    window: terminal?.window ?? -1,
    // should minidocker be killed, nobody is left who could stop the program, or use the terminal in its place
    owner: CHANNEL,
    leave: 0,
    ...copies(streams, terminal, outputOf(host, supervision.stdout), outputOf(host, supervision.stderr)),
  });
  const result = await keepCompany(host, { memory, text: `{pid=${ctx.pid}}` }, terminal);
  return { status: result & ((1 << STATUS_BITS) - 1), lost: result >> STATUS_BITS };
}

/** SUPERVISE by `order`, with the caller's terminal as it is to be meanwhile. Resolves with its result. */
export async function keepCompany(host: Stage, order: Shown, terminal: Terminal | undefined): Promise<number> {
  const [bell, theirs] = Channel.pair();
  try {
    if (terminal?.raw !== undefined) await host.ioctl_TCSETS(0, TCSETS, terminal.raw, { hold: true });
    const result = await host.supervise(order, { hold: true, tolerate: [EOWNERDEAD] });
    // in the same frame, so that the terminal is mended even if this process is gone by then
    if (terminal?.saved !== undefined)
      await host.ioctl_TCSETS(0, TCSETS, terminal.saved, { hold: true, tolerate: [EIO] });
    await host.write(new Sent(theirs), "!", 1, { hold: true });
    return await finished(host, result, bell, theirs);
  } finally {
    bell.close();
  }
}

function copies(streams: Streams, terminal: Terminal | undefined, stdout: number, stderr: number) {
  const input = streams.stdin < 0 ? -1 : 0;
  if (terminal !== undefined) return { from: [input, terminal.master, -1], to: [terminal.master, stdout, -1] };
  return { from: [input, streams.stdout, streams.stderr], to: [streams.stdin, stdout, stderr] };
}

async function finished(host: Stage, result: Result, bell: Channel, theirs: number): Promise<number> {
  if (host.plans) {
    host.flush();
    closeDescriptor(theirs);
    return 0;
  }
  const answer = host.flushLater();
  // the stage's end of the bell lasts as long as this frame: whatever ends it, a call that fails or the stage itself, rings
  closeDescriptor(theirs);
  await Bun.file(bell.fd).stream().getReader().read();
  answer();
  return result.value;
}

/** Exit code as the shell and Docker count: 128 + the signal for a program that was killed. */
export function exitCode(status: number): number {
  const signal = terminatedBy(status);
  return signal === 0 ? exitedWith(status) : 128 + signal;
}
