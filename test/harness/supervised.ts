// A program under SUPERVISE, without a container around it: the host stage's child executes it, the stage keeps company.

import { EAGAIN, ECONNRESET, EOWNERDEAD } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_APPEND, O_CLOEXEC, O_CREAT, O_NOCTTY, O_RDWR, O_TRUNC, O_WRONLY } from "../../src/abi/fcntl.ts";
import { SFD_CLOEXEC, SIG_SETMASK, SIGSET_SIZE, sigsetOf } from "../../src/abi/signal.ts";
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_SEQPACKET } from "../../src/abi/socket.ts";
import { TIOCGPTPEER, TIOCSCTTY, TIOCSPTLCK } from "../../src/abi/termios.ts";
import { Memory, type Result, Sent } from "../../src/stage/call.ts";
import { Channel, closeDescriptor } from "../../src/stage/channel.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { exitRecord, logHeader, supervise } from "../../src/stage/wire.ts";
import type { TestStages } from "./stages.ts";

/** SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM, SIGCHLD, SIGWINCH; SIGPIPE is blocked but not listened to. */
const FORWARDED = [1, 2, 10, 12, 15, 17, 28];
const SIGPIPE = 13;
const F_DUPFD_CLOEXEC = 1030;
const CLOSE_RANGE_CLOEXEC = 4;

export interface Options {
  /** For the log, the exit record, and the socket of attached clients. */
  readonly folder: string;
  /** This process's descriptors: where stdin comes from and the output goes. Default: none. */
  readonly stdin?: number;
  readonly stdout?: number;
  readonly stderr?: number;
  /** A pipe or socket of this process: when its other end is closed, supervision ends. */
  readonly owner?: number;
  /** Listen on `folder/socket` for attached clients. */
  readonly listen?: boolean;
  /** Give the program a terminal; on SIGWINCH it gets the size of `window`, a terminal of this process. */
  readonly terminal?: { readonly window?: number };
}

export interface Supervised {
  /** The program's pid. */
  readonly pid: number;
  /** The supervising stage's pid. */
  readonly supervisor: number;
  /** The status as wait4(2) gives it. */
  readonly ended: Promise<number>;
}

export interface LogEntry {
  readonly stream: number;
  readonly nanoseconds: bigint;
  readonly text: string;
}

/** Runs `argv` (an absolute path first) under the host stage of `own`. */
export async function startSupervised(own: TestStages, argv: readonly string[], options: Options): Promise<Supervised> {
  const host = await own.host();
  await host.rt_sigprocmask(SIG_SETMASK, { bits: sigsetOf([...FORWARDED, SIGPIPE]) }, 0, SIGSET_SIZE);
  const signals = await host.signalfd4(-1, { bits: sigsetOf(FORWARDED) }, SIGSET_SIZE, SFD_CLOEXEC);
  const log = await host.openat(AT_FDCWD, `${options.folder}/log`, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600);
  const record = await host.openat(AT_FDCWD, `${options.folder}/exit`, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600);
  const listener = options.listen ? await listenOn(host, `${options.folder}/socket`) : -1;
  const { pid, ends } = await startProgram(own, argv, options.terminal !== undefined);
  const supervisor = host.value(await host.getpid());
  const stdin = await keep(host, options.stdin);
  const stdout = await keep(host, options.stdout);
  const stderr = await keep(host, options.stderr);
  const window = await keep(host, options.terminal?.window);
  const owner = await keep(host, options.owner);
  if (stdin === -1 && ends.terminal === -1) await host.close(ends.stdin);
  const memory = Memory.struct(supervise, {
    ...{ pid, signals, record, log, listener, terminal: ends.terminal, window, owner },
    from: [stdin, ends.stdout, ends.stderr],
    to: [stdin === -1 ? -1 : ends.stdin, stdout, stderr],
  });
  return { pid, supervisor, ended: begin(host, memory, pid) };
}

interface Ends {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly terminal: number;
}

async function startProgram(
  own: TestStages,
  argv: readonly string[],
  onTerminal: boolean,
): Promise<{ pid: number; ends: Ends }> {
  const host = await own.host();
  const { inside, ends } = onTerminal ? await terminal(host) : await pipes(host);
  const { stage: init, pid } = await own.clone(0);
  await init.setsid();
  for (const [target, fd] of inside.entries()) await init.dup3(fd, target, 0);
  if (onTerminal) await init.ioctl(0, TIOCSCTTY, 0);
  await init.rt_sigprocmask(SIG_SETMASK, { bits: 0n }, 0, SIGSET_SIZE);
  await init.close_range(3, 0xffff_ffff, CLOSE_RANGE_CLOEXEC);
  await init.execve(argv[0] as string, argv, ["PATH=/usr/bin:/bin"]);
  init.flush();
  for (const fd of new Set(inside)) await host.close(fd);
  return { pid, ends };
}

async function pipes(host: Stage): Promise<{ inside: number[]; ends: Ends }> {
  const [input, output, errors] = [await pipe(host), await pipe(host), await pipe(host)];
  const ends = { stdin: input.write, stdout: output.read, stderr: errors.read, terminal: -1 };
  return { inside: [input.read, output.write, errors.write], ends };
}

async function terminal(host: Stage): Promise<{ inside: number[]; ends: Ends }> {
  const master = host.value(await host.openat(AT_FDCWD, "/dev/ptmx", O_RDWR | O_CLOEXEC | O_NOCTTY, 0));
  await host.ioctl_TIOCSPTLCK(master, TIOCSPTLCK, 0);
  const slave = host.value(await host.ioctl_TIOCGPTPEER(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  return { inside: [slave, slave, slave], ends: { stdin: master, stdout: master, stderr: -1, terminal: master } };
}

async function begin(host: Stage, memory: Memory, pid: number): Promise<number> {
  host.flush();
  const [bell, theirs] = Channel.pair();
  const result = await host.supervise({ memory, text: `{pid=${pid}}` }, { tolerate: [EOWNERDEAD] });
  await host.write(new Sent(theirs), "!", 1);
  const answer = host.flushLater();
  closeDescriptor(theirs);
  await Bun.file(bell.fd).stream().getReader().read();
  bell.close();
  answer();
  return result.value;
}

async function pipe(host: Stage): Promise<{ read: number; write: number }> {
  const view = new DataView(host.bytes(await host.pipe2(8, O_CLOEXEC)).slice().buffer);
  return { read: view.getInt32(0, true), write: view.getInt32(4, true) };
}

async function listenOn(host: Stage, path: string): Promise<number> {
  const socket = host.value(await host.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const address = unixAddress(path);
  await host.bind(socket, address, address.memory.size);
  await host.listen(socket, 8);
  return socket;
}

function unixAddress(path: string): { memory: Memory; text: string } {
  return { memory: new Memory(Buffer.concat([new Uint8Array([AF_UNIX, 0]), Buffer.from(`${path}\0`)])), text: path };
}

/** Somebody who is attached: sees all output, may type, may resize. A stage of its own makes the calls. */
export class Client {
  readonly #stage: Stage;
  readonly #socket: Result;

  private constructor(stage: Stage, socket: Result) {
    this.#stage = stage;
    this.#socket = socket;
  }

  static async attach(stage: Stage, folder: string): Promise<Client> {
    const socket = await stage.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    const address = unixAddress(`${folder}/socket`);
    await stage.connect(socket, address, address.memory.size);
    stage.flush();
    return new Client(stage, socket);
  }

  /** Stream 0 is input (empty closes it), 3 a struct winsize. */
  async send(stream: number, bytes: Uint8Array): Promise<void> {
    const header = logHeader.encode({ stream, size: bytes.length });
    const memory = new Memory(Buffer.concat([header, bytes]));
    await this.#stage.sendto(this.#socket, { memory, text: "" }, memory.size, 0, 0, 0);
    this.#stage.flush();
  }

  async sendRaw(bytes: Uint8Array): Promise<void> {
    await this.#stage.sendto(this.#socket, { memory: new Memory(bytes), text: "" }, bytes.length, 0, 0, 0);
    this.#stage.flush();
  }

  /** The next piece; waits for it up to five seconds. Undefined when the other side has closed. */
  async receive(): Promise<LogEntry | undefined> {
    for (let tries = 0; tries < 500; tries++) {
      const again = { tolerate: [EAGAIN, ECONNRESET] };
      const result = await this.#stage.recvfrom(this.#socket, 8192, 8192, MSG_DONTWAIT, 0, 0, again);
      const size = this.#stage.value(result);
      if (size > 0) return parsePieces(result.bytes.subarray(0, size))[0];
      if (size !== -EAGAIN) return undefined;
      await Bun.sleep(10);
    }
    throw new Error("nothing came");
  }

  async close(): Promise<void> {
    await this.#stage.close(this.#socket);
    this.#stage.flush();
  }
}

/** A descriptor of this process, in the stage. */
async function keep(host: Stage, fd: number | undefined): Promise<number> {
  return fd === undefined ? -1 : host.value(await host.fcntl(new Sent(fd), F_DUPFD_CLOEXEC, 3));
}

/** The pieces of a log, in order. */
export async function readLog(folder: string): Promise<LogEntry[]> {
  return parsePieces(new Uint8Array(await Bun.file(`${folder}/log`).arrayBuffer()));
}

/** Header and bytes, header and bytes, … as they stand in a log and are sent to attached clients. */
export function parsePieces(bytes: Uint8Array): LogEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: LogEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { stream, nanoseconds, size } = logHeader.decode(view, at);
    at += logHeader.size;
    entries.push({ stream, nanoseconds, text: new TextDecoder().decode(bytes.subarray(at, at + size)) });
    at += size;
  }
  return entries;
}

/** What one stream of a log amounts to. */
export function streamOf(entries: readonly LogEntry[], stream: number): string {
  return entries.flatMap((it) => (it.stream === stream ? [it.text] : [])).join("");
}

export async function readRecord(folder: string): Promise<{ status: number; nanoseconds: bigint }> {
  return exitRecord.decode(new DataView(await Bun.file(`${folder}/exit`).arrayBuffer()));
}
