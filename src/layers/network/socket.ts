// A netlink socket of a stage: requests to the kernel, and what it answers. The kernel works on a request before
// sendto(2) returns, so its answer can be fetched by the very next call, and many requests with their answers travel
// in one frame.

import { EAGAIN, EPROTONOSUPPORT } from "../../abi/errno.ts";
import {
  encodeMessages,
  type Message,
  type MessageKind,
  NETLINK_EXT_ACK,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  openMessage,
  type Received,
  SOL_NETLINK,
  splitMessages,
  verdictOf,
} from "../../abi/netlink.ts";
import type { Attributes } from "../../abi/netlink-attributes.ts";
import { AF_NETLINK, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW } from "../../abi/socket.ts";
import type { Fields } from "../../abi/struct.ts";
import { type CallOptions, Memory, type Origin, type Result } from "../../stage/call.ts";
import { StageError } from "../../stage/error.ts";
import type { Stage } from "../../stage/stage.ts";

/** As for any call; here the errnos are those of the kernel's answer. `assume` is an answer, for plans. */
export type RequestOptions = Pick<CallOptions, "tolerate" | "cause" | "hold"> & {
  readonly assume?: Uint8Array;
  /** The request is made only if this call succeeds, with 0. */
  readonly after?: Result;
};

/** A refusal repeats the request and says why. */
const VERDICT_SIZE = 2048;
/** One link with all its attributes, of which each kernel has more. */
const ANSWER_SIZE = 8192;
/**
 * As much of a list as the kernel sends at once: a page less its own needs, 8 KiB at most (NLMSG_GOODSIZE), or as much
 * as the largest buffer that the socket was read with.
 */
const PIECE_SIZE = 8192;
const DUMP_ATTEMPTS = 5;

/**
 * The kernel's no to a request, said as for a call: `network: plug in a cable: sendto({RTM_NEWLINK, …}) = EPERM; …`.
 */
class NetlinkError extends StageError {
  constructor({ origin, sent, options }: Pending, refusal: Received) {
    const { errno, said } = verdictOf(refusal);
    const remedy = [said && `the kernel says "${said}"`, options.cause?.[errno]].filter(Boolean).join("; ");
    super(
      {
        name: "sendto",
        origin,
        options: remedy === "" ? {} : { cause: { [errno]: remedy } },
        show: () => `sendto(${sent.show(refusal.seq)})`,
      },
      errno,
    );
  }
}

interface Sent {
  /** What was sent, for people; of a batch, the one with that number. */
  show(sequence?: number): string;
}

interface Pending {
  readonly stage: Stage;
  readonly origin: Origin;
  readonly sent: Sent;
  readonly got: Result;
  readonly options: RequestOptions;
}

/** A request whose answer may still be under way. */
export class Request {
  readonly #pending: Pending;

  constructor(pending: Pending) {
    this.#pending = pending;
  }

  /**
   * Sends it, if need be, and waits for the answer: the errno of a refusal that is tolerated, else 0.
   * Throws any other refusal.
   */
  settle(): number {
    const [answer] = this.#answers();
    if (answer?.type !== NLMSG_ERROR) return 0;
    const { errno } = verdictOf(answer);
    const tolerated = errno === 0 || this.#pending.options.tolerate?.includes(errno);
    if (!tolerated) throw new NetlinkError(this.#pending, answer);
    return errno;
  }

  /** What was asked for; undefined where a tolerated errno came instead. */
  answer<H extends Fields, A extends Attributes>(kind: MessageKind<H, A>) {
    if (this.settle() !== 0) return undefined;
    const [answer] = this.#answers();
    return answer === undefined ? undefined : openMessage(kind, answer);
  }

  #answers(): Received[] {
    return receivedBy(this.#pending.stage, this.#pending.got);
  }
}

export class NetlinkSocket {
  readonly #stage: Stage;
  readonly #fd: Result;
  readonly #requests: Request[] = [];
  #sequence = 0;

  private constructor(stage: Stage, fd: Result) {
    this.#stage = stage;
    this.#fd = fd;
  }

  /**
   * `protocol`: NETLINK_ROUTE, NETLINK_NETFILTER. With `optional`, a kernel that is built without it is no error: then
   * the socket is not `usable`, and every request is skipped.
   */
  static async open(stage: Stage, protocol: number, optional = false): Promise<NetlinkSocket> {
    const fd = await stage.socket_AF_NETLINK(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol, {
      tolerate: optional ? [EPROTONOSUPPORT] : [],
      cause: { [EPROTONOSUPPORT]: "this kernel is built without it: see minidocker doctor" },
    });
    // so that a refusal comes with a reason in words
    await stage.setsockopt_SOL_NETLINK(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, 4);
    return new NetlinkSocket(stage, fd);
  }

  get usable(): boolean {
    return this.#stage.value(this.#fd) >= 0;
  }

  /** Queues a request that changes something. `settle` says whether the kernel has agreed. */
  async change(message: Message, options: RequestOptions = {}): Promise<Request> {
    return this.#request([{ ...message, flags: message.flags | NLM_F_ACK }], VERDICT_SIZE, options);
  }

  /** Queues several that belong together and are acknowledged by the last one: `batch` of nftables.ts. */
  async changeAll(messages: readonly Message[], options: RequestOptions = {}): Promise<Request> {
    return this.#request(messages, VERDICT_SIZE, options);
  }

  /** Queues a question about one thing. */
  async ask(message: Message, options: RequestOptions = {}): Promise<Request> {
    return this.#request([message], ANSWER_SIZE, options);
  }

  /**
   * Everything of a kind; what was queued before is sent along. Asks again when it was changed while being read.
   * Nothing where an errno comes that is tolerated.
   */
  async list<H extends Fields, A extends Attributes>(
    message: Message,
    kind: MessageKind<H, A>,
    tolerate: readonly number[] = [],
  ) {
    for (let attempt = 1; ; attempt++) {
      const received = await this.#dump(message, tolerate);
      const interrupted = received.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0);
      if (!interrupted || attempt === DUMP_ATTEMPTS) return received.map((it) => openMessage(kind, it));
    }
  }

  /** Throws the kernel's first refusal that is not tolerated. */
  settle(): void {
    for (const it of this.#requests.splice(0)) it.settle();
  }

  /** Settles what is open, and closes the socket. */
  async close(): Promise<void> {
    this.settle();
    await this.#stage.close(this.#fd);
  }

  async #request(messages: readonly Message[], size: number, options: RequestOptions): Promise<Request> {
    const stage = this.#stage;
    const sent = await this.#send(messages, options);
    const { tolerate: _, ...rest } = options;
    const got = await this.#receive(size, rest);
    const request = new Request({ stage, origin: stage.session.origin, sent, got, options });
    this.#requests.push(request);
    return request;
  }

  async #send(messages: readonly Message[], { after, hold = false }: RequestOptions): Promise<Sent> {
    const first = this.#sequence + 1;
    const bytes = encodeMessages(messages, first);
    this.#sequence += messages.length;
    const show = (sequence?: number): string => {
      const some = messages.filter((_, i) => sequence === undefined || sequence === first + i);
      const texts = some.map((it) => it.show()).filter(Boolean);
      return texts.join("; ");
    };
    const memory = {
      memory: new Memory(bytes),
      get text() {
        return show();
      },
    };
    // a call that uses the result of one that failed is skipped; here it is the flags, which are 0 then
    await this.#stage.sendto(this.#fd, memory, bytes.length, after ?? 0, 0, 0, {
      assume: bytes.length,
      hold,
    });
    return { show };
  }

  #receive(
    size: number,
    { assume = new Uint8Array(0), after, hold = false, tolerate = [] }: RequestOptions,
  ): Promise<Result> {
    return this.#stage.recvfrom(this.#fd, size, size, MSG_DONTWAIT, after ?? 0, 0, { assume, hold, tolerate });
  }

  async #dump(message: Message, tolerate: readonly number[]): Promise<Received[]> {
    const stage = this.#stage;
    const sent = await this.#send([{ ...message, flags: message.flags | NLM_F_DUMP }], {});
    const sequence = this.#sequence;
    const found: Received[] = [];
    for (;;) {
      // the end often comes by itself, so the next piece is asked for at once
      const pieces = [await this.#receive(PIECE_SIZE, {}), await this.#receive(PIECE_SIZE, { tolerate: [EAGAIN] })];
      let [came, ended] = [false, false];
      for (const got of pieces) {
        const pending = { stage, origin: stage.session.origin, sent, got, options: {} };
        for (const it of receivedBy(stage, got)) {
          came = true;
          // of a batch that was refused there are more refusals than the one that was fetched
          if (it.seq !== sequence) continue;
          ended = it.type === NLMSG_ERROR || it.type === NLMSG_DONE;
          const errno = ended ? verdictOf(it).errno : 0;
          if (errno !== 0 && !tolerate.includes(errno)) throw new NetlinkError(pending, it);
          if (!ended) found.push(it);
        }
      }
      if (ended || !came) return found;
    }
  }
}

function receivedBy(stage: Stage, got: Result): Received[] {
  const length = Math.max(0, stage.value(got));
  return splitMessages(got.bytes.subarray(0, length));
}
