// <linux/rtnetlink.h>, <linux/if.h>, <linux/if_link.h>, <linux/if_addr.h>, <linux/veth.h>: links, addresses, routes.
// rtnetlink(7)

import { showFlags, showOneOf } from "./flags.ts";
import { lastAddress, type Range } from "./inet.ts";
import { type Message, type MessageKind, message, NLM_F_CREATE, NLM_F_EXCL } from "./netlink.ts";
import type { Attributes } from "./netlink-attributes.ts";
import { AF, AF_INET } from "./socket.ts";
import { Struct } from "./struct.ts";

export const IFF_UP = 0x1;
export const IFF_LOOPBACK = 0x8;
const IFF = { IFF_UP, IFF_LOOPBACK } as const;

/** Longest name of a link, with its NUL. */
export const IFNAMSIZ = 16;
/** In every network namespace, lo has this index: include/net/flow.h, LOOPBACK_IFINDEX. */
export const LOOPBACK_INDEX = 1;

const ifinfomsg = new Struct("ifinfomsg", {
  family: "u8",
  pad: "u8",
  type: "u16",
  index: "i32",
  flags: "u32",
  change: "u32",
});

const ifaddrmsg = new Struct("ifaddrmsg", {
  family: "u8",
  prefixlen: "u8",
  flags: "u8",
  scope: "u8",
  index: "u32",
});

const rtmsg = new Struct("rtmsg", {
  family: "u8",
  dst_len: "u8",
  src_len: "u8",
  tos: "u8",
  table: "u8",
  protocol: "u8",
  scope: "u8",
  type: "u8",
  flags: "u32",
});

export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_HOST = 254;
export const RT_TABLE_MAIN = 254;
export const RTPROT_BOOT = 3;
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;

/** A bridge sends a frame back through the port that it came in by, if that is its way. */
export const BRIDGE_MODE_HAIRPIN = 1;

/** How IPv6 link-local addresses come about: from the MAC by itself, or not at all. */
export const IN6_ADDR_GEN_MODE_NONE = 1;

const linkRows = {
  IFLA_ADDRESS: [1, "mac"],
  IFLA_IFNAME: [3, "string"],
  IFLA_MTU: [4, "u32"],
  IFLA_LINK: [5, "u32"],
  IFLA_MASTER: [10, "u32"],
  IFLA_NET_NS_PID: [19, "u32"],
} as const satisfies Attributes;

const veth = {
  VETH_INFO_PEER: [1, { header: ifinfomsg, rest: linkRows }],
} as const satisfies Attributes;

/** Attributes of links. */
export const IFLA = {
  ...linkRows,
  IFLA_LINKINFO: [
    18,
    {
      IFLA_INFO_KIND: [1, "string"],
      IFLA_INFO_DATA: [2, { by: "IFLA_INFO_KIND", of: { veth } }],
      IFLA_INFO_SLAVE_KIND: [4, "string"],
      IFLA_INFO_SLAVE_DATA: [
        5,
        { by: "IFLA_INFO_SLAVE_KIND", of: { bridge: { IFLA_BRPORT_MODE: [4, "u8", showPortMode] } } },
      ],
    },
  ],
  IFLA_AF_SPEC: [26, { AF_INET6: [10, { IFLA_INET6_ADDR_GEN_MODE: [8, "u8", showAddrGenMode] }] }],
} as const satisfies Attributes;

function showAddrGenMode(value: number): string {
  return value === IN6_ADDR_GEN_MODE_NONE ? "IN6_ADDR_GEN_MODE_NONE" : String(value);
}

function showPortMode(value: number): string {
  return value === BRIDGE_MODE_HAIRPIN ? "BRIDGE_MODE_HAIRPIN" : String(value);
}

export const IFA = {
  IFA_ADDRESS: [1, "ipv4"],
  IFA_LOCAL: [2, "ipv4"],
  IFA_BROADCAST: [4, "ipv4"],
} as const satisfies Attributes;

export const RTA = {
  RTA_DST: [1, "ipv4"],
  RTA_OIF: [4, "u32"],
  RTA_GATEWAY: [5, "ipv4"],
} as const satisfies Attributes;

const linkKind = { header: ifinfomsg, attributes: IFLA, shows: { flags: iff, change: iff } };
const addressKind = { header: ifaddrmsg, attributes: IFA, shows: { family, scope } };
const routeKind = { header: rtmsg, attributes: RTA, shows: { family, table, protocol, scope, type: routeType } };

export const RTM_NEWLINK = { name: "RTM_NEWLINK", type: 16, ...linkKind } satisfies MessageKind<
  typeof ifinfomsg.fields
>;
export const RTM_DELLINK = { name: "RTM_DELLINK", type: 17, ...linkKind } satisfies MessageKind<
  typeof ifinfomsg.fields
>;
export const RTM_GETLINK = { name: "RTM_GETLINK", type: 18, ...linkKind } satisfies MessageKind<
  typeof ifinfomsg.fields
>;
/** Changes a link that is there; RTM_NEWLINK would make one that is missing. */
export const RTM_SETLINK = { name: "RTM_SETLINK", type: 19, ...linkKind } satisfies MessageKind<
  typeof ifinfomsg.fields
>;
export const RTM_NEWADDR = { name: "RTM_NEWADDR", type: 20, ...addressKind } satisfies MessageKind<
  typeof ifaddrmsg.fields
>;
export const RTM_GETADDR = { name: "RTM_GETADDR", type: 22, ...addressKind } satisfies MessageKind<
  typeof ifaddrmsg.fields
>;
export const RTM_NEWROUTE = { name: "RTM_NEWROUTE", type: 24, ...routeKind } satisfies MessageKind<typeof rtmsg.fields>;
export const RTM_GETROUTE = { name: "RTM_GETROUTE", type: 26, ...routeKind } satisfies MessageKind<typeof rtmsg.fields>;

function iff(value: number): string {
  return showFlags(IFF, value);
}

function family(value: number): string {
  return showOneOf(AF, value);
}

function scope(value: number): string {
  return showOneOf({ RT_SCOPE_UNIVERSE, RT_SCOPE_HOST }, value);
}

function table(value: number): string {
  return showOneOf({ RT_TABLE_MAIN }, value);
}

function protocol(value: number): string {
  return showOneOf({ RTPROT_BOOT }, value);
}

function routeType(value: number): string {
  return showOneOf({ RTN_UNICAST, RTN_LOCAL }, value);
}

/** An address for a link, with the rest of its range behind the same link. */
export function addAddress(index: number, address: string, range: Range): Message {
  const header = { family: AF_INET, prefixlen: range.prefix, scope: RT_SCOPE_UNIVERSE, index };
  const values = { IFA_LOCAL: address, IFA_ADDRESS: address, IFA_BROADCAST: lastAddress(range) };
  return message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header, values);
}
