// <linux/netfilter/nf_tables.h>, <linux/netfilter/nfnetlink.h>: tables of packet rules, and the batches that change
// them.
//
//   table ─ chain, called at a hook of the packet's way ─ rule: expressions that load a field, compare it, and decide
//
// Each function here gives a message or an expression together with its text in the language of nft(8).

import {
  type Message,
  type MessageKind,
  message,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "./netlink.ts";
import type { Attributes, AttributeValues } from "./netlink-attributes.ts";
import { AF_INET } from "./socket.ts";
import { Struct } from "./struct.ts";

const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_NEWRULE = 6;

/** `res_id` is in network byte order. */
export const nfgenmsg = new Struct("nfgenmsg", { nfgen_family: "u8", version: "u8", res_id: ["u8", 2] });

// Where a packet can be stopped and looked at: <linux/netfilter.h>.
export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;
export const NF_DROP = 0;
export const NF_ACCEPT = 1;

// The order of those who look at the same hook: <linux/netfilter_ipv4.h>.
export const NF_IP_PRI_RAW = -300;
export const NF_IP_PRI_NAT_DST = -100;
export const NF_IP_PRI_FILTER = 0;
export const NF_IP_PRI_NAT_SRC = 100;

const data = {
  NFTA_DATA_VALUE: [1, "bytes"],
  NFTA_DATA_VERDICT: [2, { NFTA_VERDICT_CODE: [1, "be32"] }],
} as const satisfies Attributes;

/** Expression → its attributes. */
const expressions = {
  immediate: { NFTA_IMMEDIATE_DREG: [1, "be32"], NFTA_IMMEDIATE_DATA: [2, data] },
  meta: { NFTA_META_DREG: [1, "be32"], NFTA_META_KEY: [2, "be32"] },
  payload: {
    NFTA_PAYLOAD_DREG: [1, "be32"],
    NFTA_PAYLOAD_BASE: [2, "be32"],
    NFTA_PAYLOAD_OFFSET: [3, "be32"],
    NFTA_PAYLOAD_LEN: [4, "be32"],
  },
  ct: { NFTA_CT_DREG: [1, "be32"], NFTA_CT_KEY: [2, "be32"] },
  fib: { NFTA_FIB_DREG: [1, "be32"], NFTA_FIB_RESULT: [2, "be32"], NFTA_FIB_FLAGS: [3, "be32"] },
  bitwise: {
    NFTA_BITWISE_SREG: [1, "be32"],
    NFTA_BITWISE_DREG: [2, "be32"],
    NFTA_BITWISE_LEN: [3, "be32"],
    NFTA_BITWISE_MASK: [4, data],
    NFTA_BITWISE_XOR: [5, data],
  },
  cmp: { NFTA_CMP_SREG: [1, "be32"], NFTA_CMP_OP: [2, "be32"], NFTA_CMP_DATA: [3, data] },
  nat: {
    NFTA_NAT_TYPE: [1, "be32"],
    NFTA_NAT_FAMILY: [2, "be32"],
    NFTA_NAT_REG_ADDR_MIN: [3, "be32"],
    NFTA_NAT_REG_PROTO_MIN: [5, "be32"],
  },
  masq: {},
} as const satisfies Readonly<Record<string, Attributes>>;

const expression = {
  NFTA_EXPR_NAME: [1, "string"],
  NFTA_EXPR_DATA: [2, { by: "NFTA_EXPR_NAME", of: expressions }],
} as const satisfies Attributes;

export const NFTA_TABLE = { NFTA_TABLE_NAME: [1, "string"] } as const satisfies Attributes;

export const NFTA_CHAIN = {
  NFTA_CHAIN_TABLE: [1, "string"],
  NFTA_CHAIN_NAME: [3, "string"],
  NFTA_CHAIN_HOOK: [4, { NFTA_HOOK_HOOKNUM: [1, "be32"], NFTA_HOOK_PRIORITY: [2, "be32"] }],
  NFTA_CHAIN_POLICY: [5, "be32"],
  NFTA_CHAIN_TYPE: [7, "string"],
} as const satisfies Attributes;

export const NFTA_RULE = {
  NFTA_RULE_TABLE: [1, "string"],
  NFTA_RULE_CHAIN: [2, "string"],
  NFTA_RULE_EXPRESSIONS: [4, { each: { NFTA_LIST_ELEM: [1, expression] } }],
  NFTA_RULE_USERDATA: [7, "bytes"],
} as const satisfies Attributes;

const nft = <A extends Attributes>(name: string, type: number, attributes: A) =>
  ({ name, type: (NFNL_SUBSYS_NFTABLES << 8) | type, header: nfgenmsg, attributes }) satisfies MessageKind<
    typeof nfgenmsg.fields,
    A
  >;

const newTable = nft("NFT_MSG_NEWTABLE", NFT_MSG_NEWTABLE, NFTA_TABLE);
const delTable = nft("NFT_MSG_DELTABLE", NFT_MSG_DELTABLE, NFTA_TABLE);
export const newChain = nft("NFT_MSG_NEWCHAIN", NFT_MSG_NEWCHAIN, NFTA_CHAIN);
export const newRule = nft("NFT_MSG_NEWRULE", NFT_MSG_NEWRULE, NFTA_RULE);
export const getChain = nft("NFT_MSG_GETCHAIN", NFT_MSG_GETCHAIN, NFTA_CHAIN);

const ip = { nfgen_family: AF_INET };

/** All or nothing: what is between begin and end takes effect at one moment. The last of `changes` is acknowledged. */
export function batch(changes: readonly Message[]): Message[] {
  const bound = (name: string, type: number): Message => ({
    ...message({ name, type, header: nfgenmsg, attributes: {} }, 0, { res_id: [0, NFNL_SUBSYS_NFTABLES] }),
    show: () => "",
  });
  return [
    bound("NFNL_MSG_BATCH_BEGIN", NFNL_MSG_BATCH_BEGIN),
    ...changes.slice(0, -1),
    ...changes.slice(-1).map((it) => ({ ...it, flags: it.flags | NLM_F_ACK })),
    bound("NFNL_MSG_BATCH_END", NFNL_MSG_BATCH_END),
  ];
}

export function addTable(table: string): Message {
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return { ...message(newTable, flags, ip, { NFTA_TABLE_NAME: table }), show: () => `create table ip ${table}` };
}

export function deleteTable(table: string): Message {
  return { ...message(delTable, 0, ip, { NFTA_TABLE_NAME: table }), show: () => `delete table ip ${table}` };
}

export interface Chain {
  readonly name: string;
  readonly type: "filter" | "nat";
  readonly hook: number;
  readonly priority: number;
}

const hookNames: Readonly<Record<number, string>> = {
  [NF_INET_PRE_ROUTING]: "prerouting",
  [NF_INET_FORWARD]: "forward",
  [NF_INET_LOCAL_OUT]: "output",
  [NF_INET_POST_ROUTING]: "postrouting",
};

export function addChain(table: string, { name, type, hook, priority }: Chain): Message {
  const values = {
    NFTA_CHAIN_TABLE: table,
    NFTA_CHAIN_NAME: name,
    NFTA_CHAIN_HOOK: { NFTA_HOOK_HOOKNUM: hook, NFTA_HOOK_PRIORITY: priority },
    NFTA_CHAIN_TYPE: type,
  };
  return {
    ...message(newChain, NLM_F_CREATE, ip, values),
    show: () => `add chain ip ${table} ${name} { type ${type} hook ${hookNames[hook]} priority ${priority} }`,
  };
}

export type Expression = AttributeValues<typeof expression>;

/** Part of a rule: what the kernel's little machine does, and the same in the words of nft(8). */
export interface Clause {
  readonly does: readonly Expression[];
  readonly text: string;
}

export interface Rule {
  readonly chain: string;
  readonly clauses: readonly Clause[];
  /** Shown by nft(8). Up to 127 bytes. */
  readonly comment: string;
}

export function addRule(table: string, { chain, clauses, comment }: Rule): Message {
  const values = {
    NFTA_RULE_TABLE: table,
    NFTA_RULE_CHAIN: chain,
    NFTA_RULE_EXPRESSIONS: clauses.flatMap(({ does }) => does),
    NFTA_RULE_USERDATA: commentData(comment),
  };
  return {
    ...message(newRule, NLM_F_CREATE | NLM_F_APPEND, ip, values),
    show: () => {
      const words = clauses.map(({ text }) => text).join(" ");
      return `add rule ip ${table} ${chain} ${words} comment ${JSON.stringify(comment)}`;
    },
  };
}

// A convention of libnftnl: type u8 (0: a comment), length u8, text, NUL.
function commentData(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  return Uint8Array.of(0, bytes.length, ...bytes);
}
