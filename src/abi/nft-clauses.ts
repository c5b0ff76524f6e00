// <linux/netfilter/nf_tables.h>: what rules are made of. A rule is a program for a machine with a few registers: load a
// field of the packet, compare it, and go on to the next expression only where they are equal.

import { bigEndian, IPPROTO_TCP, IPPROTO_UDP, ipv4Bytes, ipv4Number, type Range, rangeText } from "./inet.ts";
import { type Clause, type Expression, NF_ACCEPT, NF_DROP } from "./nftables.ts";
import { IFNAMSIZ, RTN_LOCAL } from "./rtnetlink.ts";
import { AF_INET } from "./socket.ts";

const NFT_REG_VERDICT = 0;
const NFT_REG_1 = 1;
const NFT_REG_2 = 2;
const NFT_CMP_EQ = 0;
const NFT_CMP_NEQ = 1;
const NFT_PAYLOAD_NETWORK_HEADER = 1;
const NFT_PAYLOAD_TRANSPORT_HEADER = 2;
const NFT_META_IIFNAME = 6;
const NFT_META_OIFNAME = 7;
const NFT_META_L4PROTO = 16;
const NFT_CT_STATE = 0;
const NFT_CT_STATUS = 2;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 1 << 1;
const NFT_NAT_DNAT = 1;

// <linux/netfilter/nf_conntrack_common.h>
const CT_ESTABLISHED = 1 << 1;
const CT_RELATED = 1 << 2;
const IPS_DST_NAT = 1 << 5;

const load = (value: Uint8Array, register = NFT_REG_1): Expression => ({
  NFTA_EXPR_NAME: "immediate",
  NFTA_EXPR_DATA: { NFTA_IMMEDIATE_DREG: register, NFTA_IMMEDIATE_DATA: { NFTA_DATA_VALUE: value } },
});

const compare = (value: Uint8Array, operator = NFT_CMP_EQ): Expression => ({
  NFTA_EXPR_NAME: "cmp",
  NFTA_EXPR_DATA: { NFTA_CMP_SREG: NFT_REG_1, NFTA_CMP_OP: operator, NFTA_CMP_DATA: { NFTA_DATA_VALUE: value } },
});

const mask = (bits: Uint8Array): Expression => ({
  NFTA_EXPR_NAME: "bitwise",
  NFTA_EXPR_DATA: {
    NFTA_BITWISE_SREG: NFT_REG_1,
    NFTA_BITWISE_DREG: NFT_REG_1,
    NFTA_BITWISE_LEN: bits.length,
    NFTA_BITWISE_MASK: { NFTA_DATA_VALUE: bits },
    NFTA_BITWISE_XOR: { NFTA_DATA_VALUE: new Uint8Array(bits.length) },
  },
});

const meta = (key: number): Expression => ({
  NFTA_EXPR_NAME: "meta",
  NFTA_EXPR_DATA: { NFTA_META_DREG: NFT_REG_1, NFTA_META_KEY: key },
});

const conntrack = (key: number): Expression => ({
  NFTA_EXPR_NAME: "ct",
  NFTA_EXPR_DATA: { NFTA_CT_DREG: NFT_REG_1, NFTA_CT_KEY: key },
});

const payload = (base: number, offset: number, size: number): Expression => ({
  NFTA_EXPR_NAME: "payload",
  NFTA_EXPR_DATA: {
    NFTA_PAYLOAD_DREG: NFT_REG_1,
    NFTA_PAYLOAD_BASE: base,
    NFTA_PAYLOAD_OFFSET: offset,
    NFTA_PAYLOAD_LEN: size,
  },
});

// Registers hold flags and codes in the machine's own byte order, fields of the packet in the network's.
const native = (value: number): Uint8Array => bigEndian(value, 4).toReversed();

const linkName = (name: string): Uint8Array => {
  const bytes = new Uint8Array(IFNAMSIZ);
  new TextEncoder().encodeInto(name, bytes);
  return bytes;
};

/** The link that the packet came in by. */
export const cameBy = (name: string): Clause => ({
  does: [meta(NFT_META_IIFNAME), compare(linkName(name))],
  text: `iifname "${name}"`,
});

export const cameByOther = (name: string): Clause => ({
  does: [meta(NFT_META_IIFNAME), compare(linkName(name), NFT_CMP_NEQ)],
  text: `iifname != "${name}"`,
});

/** The link that the packet leaves by. */
export const leavesBy = (name: string): Clause => ({
  does: [meta(NFT_META_OIFNAME), compare(linkName(name))],
  text: `oifname "${name}"`,
});

export const leavesByOther = (name: string): Clause => ({
  does: [meta(NFT_META_OIFNAME), compare(linkName(name), NFT_CMP_NEQ)],
  text: `oifname != "${name}"`,
});

// Where the two addresses stand in an IPv4 header.
const SOURCE = 12;
const DESTINATION = 16;

const address = (offset: number, text: string): Expression[] => [
  payload(NFT_PAYLOAD_NETWORK_HEADER, offset, 4),
  compare(ipv4Bytes(text)),
];

const within = (offset: number, { base, prefix }: Range, operator?: number): Expression[] => [
  payload(NFT_PAYLOAD_NETWORK_HEADER, offset, 4),
  mask(bigEndian(2 ** 32 - 2 ** (32 - prefix), 4)),
  compare(bigEndian(ipv4Number(base), 4), operator),
];

export const from = (text: string): Clause => ({ does: address(SOURCE, text), text: `ip saddr ${text}` });
export const to = (text: string): Clause => ({ does: address(DESTINATION, text), text: `ip daddr ${text}` });

export const fromRange = (range: Range): Clause => ({
  does: within(SOURCE, range),
  text: `ip saddr ${rangeText(range)}`,
});

export const toRange = (range: Range): Clause => ({
  does: within(DESTINATION, range),
  text: `ip daddr ${rangeText(range)}`,
});

export const notToRange = (range: Range): Clause => ({
  does: within(DESTINATION, range, NFT_CMP_NEQ),
  text: `ip daddr != ${rangeText(range)}`,
});

/** The destination is an address of this host, whichever. */
export const toThisHost: Clause = {
  does: [
    {
      NFTA_EXPR_NAME: "fib",
      NFTA_EXPR_DATA: {
        NFTA_FIB_DREG: NFT_REG_1,
        NFTA_FIB_RESULT: NFT_FIB_RESULT_ADDRTYPE,
        NFTA_FIB_FLAGS: NFTA_FIB_F_DADDR,
      },
    },
    compare(native(RTN_LOCAL)),
  ],
  text: "fib daddr type local",
};

/** The destination port. It stands at the same place in TCP and UDP. */
export const toPort = (protocol: "tcp" | "udp", port: number): Clause => ({
  does: [
    meta(NFT_META_L4PROTO),
    compare(Uint8Array.of(protocol === "tcp" ? IPPROTO_TCP : IPPROTO_UDP)),
    payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2),
    compare(bigEndian(port, 2)),
  ],
  text: `${protocol} dport ${port}`,
});

const anyBit = (key: number, bits: number): Expression[] => [
  conntrack(key),
  mask(native(bits)),
  compare(native(0), NFT_CMP_NEQ),
];

/** Belongs to a connection that was let through before. */
export const belongsToConnection: Clause = {
  does: anyBit(NFT_CT_STATE, CT_ESTABLISHED | CT_RELATED),
  text: "ct state established,related",
};

/** Belongs to a connection whose destination one of our rules has changed. */
export const wasRedirected: Clause = { does: anyBit(NFT_CT_STATUS, IPS_DST_NAT), text: "ct status dnat" };

const verdict = (code: number): Expression => ({
  NFTA_EXPR_NAME: "immediate",
  NFTA_EXPR_DATA: {
    NFTA_IMMEDIATE_DREG: NFT_REG_VERDICT,
    NFTA_IMMEDIATE_DATA: { NFTA_DATA_VERDICT: { NFTA_VERDICT_CODE: code } },
  },
});

export const accept: Clause = { does: [verdict(NF_ACCEPT)], text: "accept" };
export const drop: Clause = { does: [verdict(NF_DROP)], text: "drop" };

/** The source becomes the host's address on the link that the packet leaves by; answers are changed back. */
export const masquerade: Clause = { does: [{ NFTA_EXPR_NAME: "masq", NFTA_EXPR_DATA: {} }], text: "masquerade" };

/** The destination becomes that address and port; answers are changed back. */
export const redirectTo = (host: string, port: number): Clause => ({
  does: [
    load(ipv4Bytes(host)),
    load(bigEndian(port, 2), NFT_REG_2),
    {
      NFTA_EXPR_NAME: "nat",
      NFTA_EXPR_DATA: {
        NFTA_NAT_TYPE: NFT_NAT_DNAT,
        NFTA_NAT_FAMILY: AF_INET,
        NFTA_NAT_REG_ADDR_MIN: NFT_REG_1,
        NFTA_NAT_REG_PROTO_MIN: NFT_REG_2,
      },
    },
  ],
  text: `dnat to ${host}:${port}`,
});
