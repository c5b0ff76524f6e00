// Other people's packet rules. A packet passes the tables of everybody, and one that drops it has the last word; ours
// can only let through what nobody else forbids. So all that can be done about a firewall that drops what is
// forwarded is to say so.

import { EOPNOTSUPP } from "../../abi/errno.ts";
import { message } from "../../abi/netlink.ts";
import { getChain, NF_DROP, NF_INET_FORWARD, newChain } from "../../abi/nftables.ts";
import type { Bridge } from "./bridge.ts";
import type { NetlinkSocket } from "./socket.ts";

/** A chain that drops forwarded packets unless one of its rules accepts them. */
export interface Obstacle {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

/** <linux/netfilter.h>: the families whose chains see IPv4. */
const families: Readonly<Record<number, string>> = { 1: "inet", 2: "ip" };

/** The first obstacle that nf_tables knows of; rules of the older iptables-legacy are not among them. */
export async function findObstacle(socket: NetlinkSocket): Promise<Obstacle | undefined> {
  const chains = await socket.list(message(getChain, 0, {}), newChain, [EOPNOTSUPP]);
  for (const { header, values } of chains) {
    const family = families[header.nfgen_family];
    const forward = values.NFTA_CHAIN_HOOK?.NFTA_HOOK_HOOKNUM === NF_INET_FORWARD;
    if (family === undefined || !forward || values.NFTA_CHAIN_POLICY !== NF_DROP) continue;
    return { family, table: values.NFTA_CHAIN_TABLE ?? "?", chain: values.NFTA_CHAIN_NAME ?? "?" };
  }
  return undefined;
}

export function obstacleNotice({ family, table, chain }: Obstacle, { name }: Bridge): string {
  const add = `nft insert rule ${family} ${table} ${chain}`;
  return `a firewall on this host drops what is forwarded (table ${family} ${table}): if the container gets no further than this host, run: ${add} iifname ${name} accept; ${add} oifname ${name} accept`;
}
