// Any system call, by number, made by a real process: also those that minidocker itself never makes.

import { afterEach } from "bun:test";
import { cloneArgs } from "../../src/abi/sched.ts";
import { SIGCHLD } from "../../src/abi/signal.ts";
import { type Call, type Operand, Result, Sent } from "../../src/stage/call.ts";
import { Channel, closeDescriptor } from "../../src/stage/channel.ts";
import { Live } from "../../src/stage/executor.ts";
import { Frame } from "../../src/stage/frame.ts";
import { Stage } from "../../src/stage/stage.ts";
import { op } from "../../src/stage/wire.ts";

export interface RawStage {
  readonly stage: Stage;
  /** As the host stage sees it. */
  readonly pid: number;
  /** Makes one call at once; yields what the kernel returned: a negative number is a negated errno. */
  call(number: number, ...args: readonly Operand[]): number;
}

/** Call once at the top of a test file, before `stages()`: makes raw stages, which are gone after each test. */
export function rawStages(): (host: Stage, flags?: number) => Promise<RawStage> {
  let made: { close(): void }[] = [];
  afterEach(() => {
    for (const it of made) it.close();
    made = [];
  });
  return async (host, flags = 0) => {
    const { close, ...stage } = await rawStage(host, flags);
    made.push({ close });
    return stage;
  };
}

/** A child of `host`, in new namespaces (CLONE_NEW*, 0 for none). */
async function rawStage(host: Stage, flags: number): Promise<RawStage & { close(): void }> {
  const [channel, theirs] = Channel.pair();
  const made = await host.clone3({ flags, exit_signal: SIGCHLD }, cloneArgs.size, new Sent(theirs));
  const pid = host.value(made);
  closeDescriptor(theirs);
  const executor = new Live("raw", channel);
  const stage = new Stage("raw", executor, host.session);
  return {
    stage,
    pid,
    call(number, ...args) {
      stage.flush();
      const frame = new Frame();
      const call = rawCall(number, args);
      frame.add(call);
      executor.begin(frame)();
      return call.result.value;
    },
    close: () => channel.close(),
  };
}

function rawCall(number: number, args: readonly Operand[]): Call {
  const name = `call ${number}`;
  return {
    serial: 0,
    name,
    op: op.SYSCALL,
    number,
    operands: Array.from({ length: 6 }, (_, i) => args[i] ?? 0),
    origin: { layer: "test", step: "raw" },
    role: "raw",
    options: {},
    result: new Result(name),
    show: () => name,
  };
}

/** wait4(2) for a child of `host`: `exit 3`, `signal 31`. */
export async function ending(host: Stage, pid: number): Promise<string> {
  const waited = await host.wait4(pid, 4, 0, 0);
  const bytes = host.bytes(waited);
  const status = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return (status & 0x7f) === 0 ? `exit ${(status >> 8) & 0xff}` : `signal ${status & 0x7f}`;
}
