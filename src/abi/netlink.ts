// <linux/netlink.h>: the messages with which links, addresses, routes and packet rules are made. netlink(7)
//
//   message   nlmsghdr │ a header that depends on its type │ attribute │ attribute │ …      each padded to 4 bytes

import {
  type Attributes,
  type AttributeValues,
  align,
  readAttributes,
  showAttributes,
  Writer,
  writeAttributes,
} from "./netlink-attributes.ts";
import { type Decoded, type Fields, Struct, type Values } from "./struct.ts";

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;
export const NETLINK = { NETLINK_ROUTE, NETLINK_NETFILTER } as const;

export const SOL_NETLINK = 270;
/** Acknowledgements say in words what was wrong. Linux 4.12 */
export const NETLINK_EXT_ACK = 11;

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
/** In an answer: what was being listed has changed meanwhile. */
export const NLM_F_DUMP_INTR = 0x10;
/** In an acknowledgement: it ends after the header of the request. */
export const NLM_F_CAPPED = 0x100;
/** In an acknowledgement: attributes follow. */
export const NLM_F_ACK_TLVS = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export const nlmsghdr = new Struct("nlmsghdr", { len: "u32", type: "u16", flags: "u16", seq: "u32", pid: "u32" });

const nlmsgerr = { NLMSGERR_ATTR_MSG: [1, "string"], NLMSGERR_ATTR_OFFS: [2, "u32"] } as const satisfies Attributes;

/** A kind of message: RTM_NEWLINK, … */
export interface MessageKind<H extends Fields = Fields, A extends Attributes = Attributes> {
  readonly name: string;
  readonly type: number;
  readonly header: Struct<H>;
  readonly attributes: A;
  /** How numbers in the header are printed. */
  readonly shows?: Readonly<Record<string, (value: number) => string>>;
}

/** A message that is to be sent. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  /** The header of its kind, and the attributes. */
  write(writer: Writer): void;
  /** `{RTM_NEWLINK, {flags=IFF_UP}, IFLA_IFNAME="eth0"}`: what is in the message, for the trace. */
  show(): string;
}

export function message<H extends Fields, A extends Attributes>(
  kind: MessageKind<H, A>,
  flags: number,
  header: Values<H>,
  values: AttributeValues<A> = {},
): Message {
  return {
    type: kind.type,
    flags: NLM_F_REQUEST | flags,
    write(writer) {
      writer.put(kind.header.encode(header));
      writer.pad();
      writeAttributes(writer, kind.attributes, values);
    },
    show: () => `{${[kind.name, ...showFields(kind, header), ...showAttributes(kind.attributes, values)].join(", ")}}`,
  };
}

function showFields<H extends Fields>({ shows }: Pick<MessageKind<H>, "shows">, header: Values<H>): string[] {
  const fields = Object.entries(header as Values<Fields>)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name}=${shows?.[name]?.(value as number) ?? String(value)}`);
  return fields.length === 0 ? [] : [`{${fields.join(", ")}}`];
}

/** The bytes of messages that are sent together, numbered from `sequence` on. */
export function encodeMessages(messages: readonly Message[], sequence: number): Uint8Array {
  const writer = new Writer();
  for (const [i, it] of messages.entries()) {
    const start = writer.skip(nlmsghdr.size);
    it.write(writer);
    writer.u32(start, writer.at - start);
    writer.u16(start + nlmsghdr.offsetOf("type"), it.type);
    writer.u16(start + nlmsghdr.offsetOf("flags"), it.flags);
    writer.u32(start + nlmsghdr.offsetOf("seq"), sequence + i);
    writer.pad();
  }
  return writer.bytes;
}

/** A message that came. */
export interface Received {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** The messages in what one recvfrom(2) has brought. */
export function splitMessages(bytes: Uint8Array): Received[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Received[] = [];
  for (let at = 0; at + nlmsghdr.size <= bytes.length; ) {
    const { len, type, flags, seq } = nlmsghdr.decode(view, at);
    if (len < nlmsghdr.size) break;
    found.push({ type, flags, seq, body: bytes.subarray(at + nlmsghdr.size, at + len) });
    at += align(len);
  }
  return found;
}

/** The header and the attributes of a message that came. */
export function openMessage<H extends Fields, A extends Attributes>(
  kind: MessageKind<H, A>,
  { body }: Received,
): { header: Decoded<H>; values: AttributeValues<A> } {
  return {
    header: kind.header.decode(new DataView(body.buffer, body.byteOffset, body.byteLength)),
    values: readAttributes(kind.attributes, body.subarray(align(kind.header.size))),
  };
}

/** What the kernel says to a request: `errno` is 0 for yes; `said` is its reason in words, where it gives one. */
export interface Verdict {
  readonly errno: number;
  readonly said: string | undefined;
}

/** The verdict in an NLMSG_ERROR (which is also the form of a yes) or NLMSG_DONE. */
export function verdictOf({ type, flags, body }: Received): Verdict {
  const errno = body.length < 4 ? 0 : Math.abs(new DataView(body.buffer, body.byteOffset).getInt32(0, true));
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, said: undefined };
  return {
    errno,
    said: readAttributes(nlmsgerr, body.subarray(4 + (type === NLMSG_ERROR ? echoed(flags, body) : 0)))
      .NLMSGERR_ATTR_MSG,
  };
}

// The request's header stands in the acknowledgement, and all of the request where it is not capped.
function echoed(flags: number, body: Uint8Array): number {
  if ((flags & NLM_F_CAPPED) !== 0) return nlmsghdr.size;
  return align(nlmsghdr.decode(new DataView(body.buffer, body.byteOffset, body.byteLength), 4).len);
}

/** An answer as the kernel would give it, for plans. */
export function pretendAnswer<H extends Fields, A extends Attributes>(
  kind: MessageKind<H, A>,
  header: Values<H>,
  values: AttributeValues<A> = {},
): Uint8Array {
  return encodeMessages([message(kind, 0, header, values)], 0);
}
