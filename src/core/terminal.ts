// `-t`: a terminal of the container's own. Its pty comes from the container's devpts; the supervisor holds the master.

import { EBADF, EINVAL, EIO, ENOENT, ENOTTY, EPERM } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDWR } from "../abi/fcntl.ts";
import { MOVE_MOUNT_F_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../abi/mount.ts";
import {
  AF_UNIX,
  controlMessage,
  iovec,
  msghdr,
  receivedDescriptor,
  SOCK_CLOEXEC,
  SOCK_STREAM,
} from "../abi/socket.ts";
import {
  makeRaw,
  TCGETS,
  TIOCGPTPEER,
  TIOCGWINSZ,
  TIOCSCTTY,
  TIOCSPTLCK,
  TIOCSWINSZ,
  termios,
  winsize,
} from "../abi/termios.ts";
import { Memory, type Result } from "../stage/call.ts";
import type { Fd } from "../stage/codec.ts";
import type { Stage } from "../stage/stage.ts";
import type { Phase } from "./layer.ts";
import { STREAMS } from "./process.ts";
import { Refusal } from "./refusal.ts";
import { Slot } from "./slot.ts";

export interface Terminal {
  /** The supervisor's descriptor of the pty's master. */
  readonly master: number;
  /** The caller's descriptor whose size the pty takes on. */
  readonly window: number;
  /** The caller's terminal as it was (struct termios), and as it is while the program runs; absent where it stays as it is. */
  readonly saved?: Uint8Array;
  readonly raw?: Uint8Array;
}

/** Only where the container has one. */
export const TERMINAL = new Slot<Terminal>("the terminal", "openTerminal");

/** A pair of connected sockets: the host stage's end and the init stage's. */
const PASSAGE = new Slot<readonly [ours: number, theirs: number]>("the passage for the terminal", "openPassage");

/** Before the clone: the way by which the init stage will hand over the master. */
export const openPassage: Phase = {
  name: "process",
  async apply(ctx) {
    ctx.step("a passage for the terminal");
    const pair = await ctx.host.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 8, {
      assume: new Uint8Array([5, 0, 0, 0, 6, 0, 0, 0]),
    });
    const view = new DataView(ctx.host.bytes(pair).buffer);
    PASSAGE.leave(ctx, [view.getInt32(0, true), view.getInt32(4, true)]);
  },
};

/** After the file tree is there: open a pty, make it the process's terminal, hand the master to the supervisor. */
export const openTerminal: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage, host } = ctx;
    ctx.step("a terminal of its own");
    const { master, slave } = await openPty(stage);
    ctx.step("put the terminal on /dev/console");
    const tree = await stage.open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, {
      tolerate: [EPERM, EINVAL],
    });
    await stage.move_mount(tree, "", AT_FDCWD, "/dev/console", MOVE_MOUNT_F_EMPTY_PATH, { tolerate: [ENOENT] });
    ctx.step("connect stdin, stdout, stderr");
    await takeTerminal(stage, slave);
    ctx.step("hand the terminal to the supervisor");
    const [ours, theirs] = PASSAGE.of(ctx);
    await sendDescriptor(stage, theirs, master);
    const received = await receiveDescriptor(host, ours);
    ctx.step("size and mode of the caller's terminal");
    const typing = STREAMS.of(ctx).stdin >= 0;
    TERMINAL.leave(ctx, await callersTerminal(host, received, typing));
  },
};

/** A new pty of the devpts that `stage` sees. Nobody waits at its master for a program that does not read what is typed. */
export async function openPty(stage: Stage): Promise<{ master: Result; slave: Result }> {
  const master = await stage.openat(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0, {
    cause: { [ENOENT]: "-t needs the container's /dev/pts, which the overlay layer mounts" },
  });
  await stage.ioctl_TIOCSPTLCK(master, TIOCSPTLCK, 0);
  // the peer by descriptor, not by its name in /dev/pts, which something else could have mounted over
  return { master, slave: await stage.ioctl_TIOCGPTPEER(master, TIOCGPTPEER, O_RDWR | O_NOCTTY) };
}

/** Makes it the terminal of a session of the process's own, and its stdin, stdout and stderr. */
export async function takeTerminal(stage: Stage, slave: Result): Promise<void> {
  await stage.setsid();
  await stage.ioctl(slave, TIOCSCTTY, 0);
  for (const target of [0, 1, 2]) await stage.dup3(slave, target, 0);
}

/** Sends a pty's master to whoever holds the other end of the socket `passage`. */
export async function sendDescriptor(stage: Stage, passage: Fd, master: Result): Promise<void> {
  const outgoing = new Memory(controlMessage());
  outgoing.links.push({ at: 16, to: master, width: 4 });
  await stage.sendmsg(passage, { memory: message(outgoing), text: "{SCM_RIGHTS [ptmx]}" }, 0);
}

export async function receiveDescriptor(stage: Stage, passage: Fd): Promise<number> {
  const incoming = Memory.result(controlMessage().length);
  const received = await stage.recvmsg(passage, { memory: message(incoming), text: "{SCM_RIGHTS}" }, 0, {
    assume: receivedDescriptor.example,
  });
  return receivedDescriptor.in(stage.bytes(received));
}

function message(control: Memory): Memory {
  const byte = new Memory(new Uint8Array(1));
  const piece = Memory.struct(iovec, { base: byte, len: 1 });
  return Memory.struct(msghdr, { iov: piece, iovlen: 1, control, controllen: control.size });
}

/** Gives the pty `master` the size of the caller's terminal, and finds out how that one is to be while somebody types. */
export async function callersTerminal(host: Stage, master: number, typing: boolean): Promise<Terminal> {
  // without -i stdin is not ours, and may be anything
  const window = typing ? 0 : 1;
  const none = { tolerate: [ENOTTY, EBADF, EIO] };
  const size = await host.ioctl_get(window, TIOCGWINSZ, winsize.size, {
    ...none,
    assume: new Uint8Array(winsize.size),
  });
  if (host.value(size) >= 0) await host.ioctl_TIOCSWINSZ(master, TIOCSWINSZ, size.bytes);
  // as long as nobody types, the terminal goes on doing what it does: Ctrl-C is a signal to minidocker
  if (!typing) return { master, window };
  const settings = await host.ioctl_get(0, TCGETS, termios.size, { ...none, assume: new Uint8Array(termios.size) });
  if (host.value(settings) < 0) return { master, window };
  return { master, window, saved: settings.bytes, raw: makeRaw(settings.bytes) };
}

/** Docker's answer to `-t` with something else than a terminal on stdin. */
export function checkTerminal(interactive: boolean, stdinIsTerminal: boolean): void {
  if (interactive && !stdinIsTerminal) throw new Refusal("the input device is not a terminal: leave out -t, or -i", 1);
}
