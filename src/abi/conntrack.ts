// <linux/netfilter/nfnetlink_conntrack.h>: the connections that the kernel keeps in mind, and how they are forgotten.

import { IPPROTO_UDP } from "./inet.ts";
import { type Message, message } from "./netlink.ts";
import type { Attributes } from "./netlink-attributes.ts";
import { nfgenmsg } from "./nftables.ts";
import { AF_INET } from "./socket.ts";

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;

export const CTA = {
  CTA_TUPLE_ORIG: [1, { CTA_TUPLE_PROTO: [2, { CTA_PROTO_NUM: [1, "u8"], CTA_PROTO_DST_PORT: [3, "be16"] }] }],
  CTA_FILTER: [25, { CTA_FILTER_ORIG_FLAGS: [1, "u32"] }],
} as const satisfies Attributes;

const deletion = {
  name: "IPCTNL_MSG_CT_DELETE",
  type: (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE,
  header: nfgenmsg,
  attributes: CTA,
};

// Which parts of the tuple count: net/netfilter/nf_internals.h. Linux 5.8
const PROTO_NUM = 1 << 3;
const PROTO_DST_PORT = 1 << 5;

/** Forgets the UDP exchanges that began with a packet to that port. */
export function forgetUdp(port: number): Message {
  const proto = { CTA_PROTO_NUM: IPPROTO_UDP, CTA_PROTO_DST_PORT: port };
  return {
    ...message(
      deletion,
      0,
      { nfgen_family: AF_INET },
      {
        CTA_TUPLE_ORIG: { CTA_TUPLE_PROTO: proto },
        CTA_FILTER: { CTA_FILTER_ORIG_FLAGS: PROTO_NUM | PROTO_DST_PORT },
      },
    ),
    show: () => `conntrack -D -p udp --orig-port-dst ${port}`,
  };
}
