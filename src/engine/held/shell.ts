// A shell in the finished container, under all its layers, on this terminal. It has a terminal of its own, a pty of the
// container's devpts, and a process on the host's side keeps it company, as with `run -it`:
//
//   this terminal ◀─▶ keeper ◀─▶ pty ◀─▶ shell, a child of the resident
//                       └ token: its end tells the keeper that the shell has ended, which is nobody's child out here

import { SFD_CLOEXEC, SIG, SIG_SETMASK, SIGCHLD, SIGPIPE, SIGSET_SIZE, sigsetOf } from "../../abi/signal.ts";
import { openOutput, outputOf } from "../../core/callers-output.ts";
import type { Child, Parent } from "../../core/parent.ts";
import { Refusal } from "../../core/refusal.ts";
import { keepCompany } from "../../core/supervise.ts";
import {
  callersTerminal,
  openPty,
  receiveDescriptor,
  sendDescriptor,
  type Terminal,
  takeTerminal,
} from "../../core/terminal.ts";
import { Memory, Sent } from "../../stage/call.ts";
import { Channel, closeDescriptor } from "../../stage/channel.ts";
import { clone } from "../../stage/launch.ts";
import { PATIENCE, Session, type Stage } from "../../stage/stage.ts";
import { CHANNEL, supervise as order } from "../../stage/wire.ts";
import { noShell } from "../enter.ts";
import type { Build } from "./build.ts";

const SIGWINCH = SIG["SIGWINCH"] as number;

/** Resolves when the shell has ended. The container needs a /dev/pts. */
export async function shellInContainer(build: Build, resident: Parent, env: readonly string[]): Promise<void> {
  const session = new Session();
  session.origin = { layer: "shell", step: "a terminal of its own" };
  const child = await resident.fork(session);
  const keeper = await clone(build.host("shell"), "keeper", 0);
  // what it waits for comes from inside the container, or does not
  keeper.stage.limit(PATIENCE);
  try {
    const terminal = await connect(child, keeper.stage);
    await child.stage.execve("/bin/sh", ["sh"], [...env, `TERM=${process.env["TERM"] ?? "xterm"}`], { cause: noShell });
    child.stage.flush();
    await accompany(child, keeper, terminal);
  } finally {
    keeper.stage.discard();
    keeper.close();
    await child.end();
  }
}

async function connect(child: Child, keeper: Stage): Promise<Terminal> {
  const [ours, theirs] = Channel.pair();
  try {
    const { master, slave } = await openPty(child.stage);
    await takeTerminal(child.stage, slave);
    await sendDescriptor(child.stage, new Sent(theirs), master);
    child.stage.flush();
    const terminal = await callersTerminal(keeper, await receiveDescriptor(keeper, new Sent(ours.fd)), true);
    if (terminal.raw === undefined) throw new Refusal("a shell needs a terminal, and stdin is none");
    return terminal;
  } finally {
    ours.close();
    closeDescriptor(theirs);
  }
}

async function accompany(child: Child, keeper: { stage: Stage; pid: number }, terminal: Terminal): Promise<void> {
  const { stage } = keeper;
  // before the token, so that its end is not missed
  await stage.rt_sigprocmask(SIG_SETMASK, { bits: sigsetOf([SIGCHLD, SIGWINCH, SIGPIPE]) }, 0, SIGSET_SIZE);
  const signals = await stage.signalfd4(-1, { bits: sigsetOf([SIGCHLD, SIGWINCH]) }, SIGSET_SIZE, SFD_CLOEXEC);
  const token = await clone(stage, "token", 0);
  const { master, window } = terminal;
  const output = await openOutput(stage, 1);
  const none = -1;
  const memory = Memory.struct(order, {
    pid: token.pid,
    signals,
    record: none,
    log: none,
    listener: none,
    terminal: master,
    window,
    owner: CHANNEL,
    leave: 0,
    from: [0, master, none],
    to: [master, outputOf(stage, output), none],
  });
  const resize = (): void => void process.kill(keeper.pid, "SIGWINCH");
  process.on("SIGWINCH", resize);
  const over = keepCompany(stage, { memory, text: "{the shell}" }, terminal);
  try {
    let going = true;
    void over.catch(() => {}).finally(() => (going = false));
    while (going && (await child.poll()) === undefined) await Bun.sleep(10);
  } finally {
    token.close();
    await over.finally(() => process.off("SIGWINCH", resize));
  }
}
