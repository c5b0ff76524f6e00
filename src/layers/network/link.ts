// The cable: a veth pair, two links of which each receives what the other one sends. One end is plugged into the
// bridge, the other one is born inside the container's network namespace.

import { EINVAL, ENODEV } from "../../abi/errno.ts";
import { ipv4Bytes, macText } from "../../abi/inet.ts";
import { message, NLM_F_CREATE, NLM_F_EXCL, pretendAnswer } from "../../abi/netlink.ts";
import {
  addAddress,
  BRIDGE_MODE_HAIRPIN,
  IFF_UP,
  IN6_ADDR_GEN_MODE_NONE,
  LOOPBACK_INDEX,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTM_SETLINK,
  RTN_UNICAST,
  RTPROT_BOOT,
} from "../../abi/rtnetlink.ts";
import { AF_INET } from "../../abi/socket.ts";
import { type Bridge, linkCauses } from "./bridge.ts";
import type { NetlinkSocket } from "./socket.ts";

/** The host's end: at most 15 characters, and told apart by the id. */
export const linkName = (id: string): string => `md-${id.slice(0, 8)}`;

/**
 * Docker's: 02:42, then the address. So whoever gets an address after another container has the MAC that neighbours
 * remember.
 */
export const macOf = (address: string): string => `02:42:${macText(ipv4Bytes(address))}`;

const noLinkLocal = { IFLA_AF_SPEC: { AF_INET6: { IFLA_INET6_ADDR_GEN_MODE: IN6_ADDR_GEN_MODE_NONE } } };

// A container that reaches its own published port through the host's address receives its own frame. Where
// br_netfilter rewrites addresses on the bridge itself (net.bridge.bridge-nf-call-iptables, as Docker sets it) it has
// to leave by the port that it came in by.
const hairpin = {
  IFLA_LINKINFO: { IFLA_INFO_SLAVE_KIND: "bridge", IFLA_INFO_SLAVE_DATA: { IFLA_BRPORT_MODE: BRIDGE_MODE_HAIRPIN } },
} as const;

export interface Cable {
  readonly id: string;
  readonly pid: number;
  readonly address: string;
  /** Whether ports are published. */
  readonly publishes: boolean;
}

/**
 * Makes the pair. Returns the index of eth0 inside, or undefined where the bridge has been removed meanwhile.
 */
export async function makeVeth(
  socket: NetlinkSocket,
  bridge: Bridge,
  { id, pid, address, publishes }: Cable,
): Promise<number | undefined> {
  const name = linkName(id);
  const peer = { header: {}, rest: { IFLA_IFNAME: "eth0", IFLA_ADDRESS: macOf(address), IFLA_NET_NS_PID: pid } };
  const pair = message(
    RTM_NEWLINK,
    NLM_F_CREATE | NLM_F_EXCL,
    {},
    {
      IFLA_IFNAME: name,
      IFLA_MASTER: bridge.index,
      IFLA_LINKINFO: { IFLA_INFO_KIND: "veth", IFLA_INFO_DATA: { VETH_INFO_PEER: peer } },
    },
  );
  // EINVAL: there is no link of the master's index
  const made = await socket.change(pair, { tolerate: [EINVAL], cause: linkCauses });
  // before it is raised, for that is when the kernel would give it an IPv6 address, which nothing here needs
  const port = { IFLA_IFNAME: name, ...(publishes ? hairpin : {}), ...noLinkLocal };
  await socket.change(message(RTM_NEWLINK, 0, {}, port), { tolerate: [ENODEV] });
  const up = { flags: IFF_UP, change: IFF_UP };
  await socket.change(message(RTM_SETLINK, 0, up, { IFLA_IFNAME: name }), { tolerate: [ENODEV] });
  const look = await socket.ask(message(RTM_GETLINK, 0, {}, { IFLA_IFNAME: name }), {
    tolerate: [ENODEV],
    assume: pretendAnswer(RTM_NEWLINK, { index: 4 }, { IFLA_LINK: 2 }),
  });
  if (made.settle() !== 0) return undefined;
  // of a veth, IFLA_LINK is the index of the other end, in the namespace where that is
  return look.answer(RTM_NEWLINK)?.values.IFLA_LINK;
}

/** Every namespace is born with its loopback link down. */
export async function raiseLoopback(socket: NetlinkSocket): Promise<void> {
  await socket.change(message(RTM_SETLINK, 0, { index: LOOPBACK_INDEX, flags: IFF_UP, change: IFF_UP }));
}

/** The container's end: an address, up, and a way out through the bridge. */
export async function configureInside(
  socket: NetlinkSocket,
  index: number,
  address: string,
  { range, gateway }: Bridge,
): Promise<void> {
  await socket.change(message(RTM_SETLINK, 0, { index }, noLinkLocal));
  await socket.change(addAddress(index, address, range));
  await socket.change(message(RTM_SETLINK, 0, { index, flags: IFF_UP, change: IFF_UP }));
  const route = {
    family: AF_INET,
    table: RT_TABLE_MAIN,
    protocol: RTPROT_BOOT,
    scope: RT_SCOPE_UNIVERSE,
    type: RTN_UNICAST,
  };
  await socket.change(
    message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, { RTA_GATEWAY: gateway, RTA_OIF: index }),
  );
}

export async function removeLink(socket: NetlinkSocket, name: string): Promise<void> {
  await socket.change(message(RTM_DELLINK, 0, {}, { IFLA_IFNAME: name }), { tolerate: [ENODEV] });
}
