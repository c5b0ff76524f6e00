// How TypeScript drives a stage. `await stage.mount(…)` queues a call; it is sent with the others as soon as somebody
// needs a result, or the other stage is addressed. At most one frame is under way: its reply is waited for before another one is
// sent, to whatever stage, so the program order holds across both processes; but until then the next calls are prepared.
// When something watches every call (the stepper), each is sent alone: same code, same order.

import { ECANCELED } from "../abi/errno.ts";
import { type Arch, syscallNumbers } from "../abi/syscalls.ts";
import { type Call, type CallOptions, Memory, type Operand, type Origin, Result } from "./call.ts";
import { type Arguments, type CallName, calls, kernelName } from "./calls.ts";
import type { Codec } from "./codec.ts";
import { StageError } from "./error.ts";
import { type Executor, Plan } from "./executor.ts";
import { Frame } from "./frame.ts";
import { op } from "./wire.ts";

/** Something that sees every call: the trace, the stepper, the recorder of plans, the injector of faults. */
export interface Observer {
  /** Before the call is queued. This may take as long as it likes. */
  before?(call: Call): Promise<void> | void;
  /** After the call's result is known. `micros`: from the sending of its frame until the reply was read. */
  after?(call: Call, micros: number): void;
  /** An errno with which the call fails without being made. */
  fault?(call: Call): number | undefined;
  /** Each call is to travel alone. It may change from call to call. */
  readonly pace?: boolean;
  /** It wants to know who asks for each call: `Call.source`. */
  readonly sources?: boolean;
}

/** What the stages of one container share: the order of their calls, and who is responsible for the next one. */
export class Session {
  readonly arch: Arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  readonly observers: Observer[] = [];
  origin: Origin = { layer: "runtime", step: "start" };
  serial = 0;
  current: Stage | undefined;
  /** Waits for the reply to the frame that is under way. */
  underWay: ((seconds?: number) => void) | undefined;

  /** Each call travels alone. */
  get paced(): boolean {
    return this.observers.some((it) => it.pace);
  }

  /** Waits for the frame that is under way, if there is one. Throws what its first failed call amounts to. */
  settle(seconds?: number): void {
    const wait = this.underWay;
    this.underWay = undefined;
    wait?.(seconds);
  }

  /** Somebody wants to know where each call comes from. */
  get sources(): boolean {
    return this.observers.some((it) => it.sources);
  }
}

/**
 * How long a stage may take to answer that lives beside programs of a container, or of which nothing is expected any more: something
 * may have stopped it (SIGSTOP, ptrace), and minidocker can do nothing else while it waits. Longer than a probe's call may take.
 */
export const PATIENCE = 15;

/** What is more than a system call. */
const ops = new Map<CallName, number>([
  ["clone", op.CLONE],
  ["clone3", op.CLONE],
  ["supervise", op.SUPERVISE],
]);

type Methods = {
  [N in CallName]: (...args: [...args: Arguments<N>, options?: CallOptions]) => Promise<Result>;
};

// The methods, one for each row of the table of calls.
export interface Stage extends Methods {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are defined below, from the same table
export class Stage {
  readonly role: string;
  readonly #executor: Executor;
  readonly session: Session;
  #frame = new Frame();

  constructor(role: string, executor: Executor, session: Session) {
    this.role = role;
    this.#executor = executor;
    this.session = session;
  }

  /** The same process in another role, or driven for another purpose: with a queue, an order and observers of its own. */
  as(role: string, session: Session): Stage {
    return new Stage(role, this.#executor, session);
  }

  /** Queues one call, or makes it, when somebody paces. */
  async submit(name: CallName, args: readonly unknown[], options: CallOptions): Promise<Result> {
    const { session } = this;
    if (session.current !== this) session.current?.sendAhead();
    session.current = this;
    const call = this.#call(name, args, options);
    for (const it of session.observers) {
      const pause = it.before?.(call);
      if (pause !== undefined) await pause;
    }
    if (!this.#frame.takes(call) && !this.#held) this.sendAhead();
    // what becomes of this call can depend on a result that is still under way
    if (session.underWay !== undefined && call.operands.some((it) => this.#awaits(it))) this.#wait();
    const errno = this.#refusal(call);
    if (errno !== undefined) {
      this.flush();
      this.#pretend(call, -errno);
      return call.result;
    }
    this.#frame.add(call);
    if (session.paced && !options.hold) this.flush();
    return call.result;
  }

  #call(name: CallName, args: readonly unknown[], options: CallOptions): Call {
    const row = calls[name] as readonly Codec<unknown>[];
    const kernel = name === "supervise" ? name : kernelName(name);
    const number = name === "supervise" ? 0 : syscallNumbers(this.session.arch).get(kernel);
    if (number === undefined) throw new Error(`${kernel} has no number on ${this.session.arch}`);
    const result = new Result(kernel);
    const source = this.session.sources ? sourceOf(new Error().stack) : undefined;
    return {
      ...(source === undefined ? {} : { source }),
      serial: ++this.session.serial,
      name: kernel,
      number,
      op: ops.get(name) ?? op.SYSCALL,
      operands: row.map((codec, i) => codec.encode(args[i])),
      origin: this.session.origin,
      role: this.role,
      options,
      result,
      show: () => `${kernel}(${row.map((codec, i) => codec.show(args[i])).join(", ")})`,
    };
  }

  // A call that uses the result of one that failed is skipped; an injected fault is as if the kernel had said it.
  #refusal(call: Call): number | undefined {
    if (call.operands.some(lost)) return ECANCELED;
    for (const it of this.session.observers) {
      const errno = it.fault?.(call);
      if (errno !== undefined) return errno;
    }
    return undefined;
  }

  // As if the kernel had said it.
  #pretend(call: Call, value: number): void {
    call.result.settle(value);
    for (const it of this.session.observers) it.after?.(call, 0);
    if (value !== -ECANCELED && !call.options.tolerate?.includes(-value)) throw new StageError(call, -value);
  }

  /** Whether an argument, or something that it points to, is a result that neither is known nor will be in this call's frame. */
  #awaits(operand: Operand): boolean {
    if (operand instanceof Memory) return operand.links.some(({ to }) => this.#awaits(to));
    return operand instanceof Result && !operand.settled && !this.#frame.holds(operand);
  }

  /** Sends what is queued and waits for the results. Throws what the first failed call amounts to. */
  flush(): void {
    this.#wait();
    if (!this.#frame.empty) this.flushLater()();
  }

  /** Waits for what is under way. If that has failed, what is queued here belongs to something that will not happen. */
  #wait(): void {
    try {
      this.session.settle();
    } catch (error) {
      this.#frame = new Frame();
      throw error;
    }
  }

  /** Sends what is queued, and goes on. Whoever sends something next, or needs a result, waits for these first. */
  sendAhead(): void {
    if (!this.#frame.empty) this.session.underWay = this.flushLater();
  }

  /** The last of what is queued has to travel together with what comes next. */
  get #held(): boolean {
    return this.#frame.calls.at(-1)?.options.hold === true;
  }

  /** Sends what is queued, unless the last of it has to travel together with what comes next. */
  flushUnlessHeld(): void {
    if (this.#held) this.#wait();
    else this.flush();
  }

  /** Sends what is queued, and returns the function that waits for the results: for a frame that takes its time. */
  flushLater(): (seconds?: number) => void {
    this.#wait();
    const frame = this.#frame;
    this.#frame = new Frame();
    const start = Bun.nanoseconds();
    const finish = this.#executor.begin(frame);
    return (seconds) => {
      const failed = finish(seconds);
      const micros = (Bun.nanoseconds() - start) / 1000;
      for (const call of frame.calls) {
        if (!call.result.settled) break;
        for (const it of this.session.observers) it.after?.(call, micros);
      }
      if (failed === undefined) return;
      const call = frame.calls[failed] as Call;
      throw new StageError(call, -call.result.value);
    };
  }

  /** Sends what is queued and takes its success for granted: for a frame that ends only when the stage does. */
  sendOff(): void {
    this.#wait();
    const frame = this.#frame;
    this.#frame = new Frame();
    this.#executor.begin(frame);
    for (const call of frame.calls) {
      if (!call.result.settled) call.result.settle(0);
      for (const it of this.session.observers) it.after?.(call, 0);
    }
  }

  /**
   * Forgets what is queued, or under way: after a failure, it belongs to something that will not happen. The stage that is at it, be
   * it this one or another, counts as gone when it has not come to the end of that in time.
   */
  discard(): void {
    this.#frame = new Frame();
    try {
      this.session.settle(PATIENCE);
    } catch {
      // the first failure is the one that counts
    }
  }

  /** From now on, it counts as gone when it does not answer for so long. */
  limit(seconds: number): void {
    this.#executor.limit(seconds);
  }

  /** Whether it counts as gone for that reason. */
  get late(): boolean {
    return this.#executor.late;
  }

  /** Whether this stage makes no calls but only records them. */
  get plans(): boolean {
    return this.#executor instanceof Plan;
  }

  /** The value of `result`, sending what is queued if need be. */
  value(result: Result): number {
    this.#settle(result);
    return result.value;
  }

  /** What the call of `result` wrote into its memory. */
  bytes(result: Result): Uint8Array {
    this.#settle(result);
    return result.bytes;
  }

  #settle(result: Result): void {
    if (!result.settled) this.#wait();
    if (!result.settled) this.flush();
  }
}

/** Whether an argument, or something that it points to, is the result of a call that failed. */
function lost(operand: Operand): boolean {
  if (operand instanceof Memory) return operand.links.some(({ to }) => lost(to));
  return operand instanceof Result && operand.settled && operand.value < 0;
}

/** The innermost place outside src/stage that asked for the call: `src/layers/namespaces.ts#make`. */
function sourceOf(stack = ""): string | undefined {
  for (const line of stack.split("\n")) {
    const [, symbol, file] = /at (?:async )?(?:new )?([\w.<>]+) \(.*\/(src\/(?!stage\/)[^:)]+)/.exec(line) ?? [];
    if (file !== undefined) return `${file}#${symbol}`;
  }
  return undefined;
}

for (const name of Object.keys(calls) as CallName[]) {
  const arity = calls[name].length;
  Object.defineProperty(Stage.prototype, name, {
    value(this: Stage, ...args: unknown[]): Promise<Result> {
      return this.submit(name, args.slice(0, arity), (args[arity] as CallOptions | undefined) ?? {});
    },
  });
}
