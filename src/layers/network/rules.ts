// The packet rules of one container: one nf_tables table, made in one transaction and removed as one. A packet passes
// them in this order, marked by hook and priority:
//
//   from outside ─▶ guard (raw) ─▶ publish (dstnat) ─▶ routing ─▶ admit (filter) ─▶ disguise (srcnat) ─▶ bridge ─▶ container
//   from this host ──────────────▶ publish-here (output) ───────────────────────────▶ disguise ────────▶ bridge ─▶ container
//   container ─▶ bridge ─▶ guard ─▶ routing ─▶ disguise ─▶ outside

import { forgetUdp } from "../../abi/conntrack.ts";
import { EEXIST, EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import { parseRange, type Range } from "../../abi/inet.ts";
import * as nft from "../../abi/nft-clauses.ts";
import {
  addChain,
  addRule,
  addTable,
  batch,
  type Chain,
  type Clause,
  deleteTable,
  NF_INET_FORWARD,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI_FILTER,
  NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC,
  NF_IP_PRI_RAW,
  type Rule,
} from "../../abi/nftables.ts";
import type { PublishedPort } from "../../core/spec.ts";
import type { Bridge } from "./bridge.ts";
import type { NetlinkSocket } from "./socket.ts";

const chains: Readonly<Record<string, Chain>> = {
  guard: { name: "guard", type: "filter", hook: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_RAW },
  publish: { name: "publish", type: "nat", hook: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_NAT_DST },
  "publish-here": { name: "publish-here", type: "nat", hook: NF_INET_LOCAL_OUT, priority: NF_IP_PRI_NAT_DST },
  admit: { name: "admit", type: "filter", hook: NF_INET_FORWARD, priority: NF_IP_PRI_FILTER },
  disguise: { name: "disguise", type: "nat", hook: NF_INET_POST_ROUTING, priority: NF_IP_PRI_NAT_SRC },
};

const loopback: Range = parseRange("127.0.0.0/8");

export const tableName = (id: string): string => `minidocker-${id.slice(0, 8)}`;

/**
 * route_localnet, which publishing at 127.0.0.1 needs, is the whole bridge's and outlives who publishes. It would let
 * every container there send to the host's own 127.0.0.1 (CVE-2020-8558), so each has this, whether it publishes or not.
 */
export function guardOf({ name }: Bridge): Rule {
  const clauses = [nft.cameBy(name), nft.toRange(loopback), nft.drop];
  return rule("guard", "127.0.0.0/8 of the host is not for containers", clauses);
}

/** All the rules of a container at that address. */
export function rulesFor(address: string, bridge: Bridge, ports: readonly PublishedPort[]): Rule[] {
  const { name: link, range } = bridge;
  const arriving = [nft.to(address), nft.cameByOther(link)];
  const rules = [
    guardOf(bridge),
    rule("admit", "what was redirected here", [...arriving, nft.wasRedirected, nft.accept]),
    rule("admit", "answers, and what belongs to them", [...arriving, nft.belongsToConnection, nft.accept]),
    rule("admit", "nothing else from outside reaches the container", [...arriving, nft.drop]),
    rule("disguise", "outside, the container speaks in the host's name", [
      nft.from(address),
      nft.leavesByOther(link),
      nft.masquerade,
    ]),
  ];
  if (ports.length === 0) return rules;
  const back = [nft.to(address), nft.leavesBy(link), nft.wasRedirected];
  return [
    ...rules,
    ...ports.flatMap((port) => redirections(port, address)),
    rule("disguise", "from 127.0.0.1 of this host: answers must come back here", [
      nft.fromRange(loopback),
      ...back,
      nft.masquerade,
    ]),
    rule("disguise", "from the bridge through the host's address: likewise", [
      nft.fromRange(range),
      ...back,
      nft.masquerade,
    ]),
  ];
}

// Every rule matches the host's own addresses only, or the one that was named: else connections that merely pass
// through this host, to port 80 of anybody, would be hijacked.
function redirections({ address, host, container, protocol }: PublishedPort, to: string): Rule[] {
  const comment = `${address ?? "any address"}:${host}/${protocol}`;
  const own = address === undefined ? nft.toThisHost : nft.to(address);
  const target = [nft.toPort(protocol, host), nft.redirectTo(to, container)];
  const rules = [rule("publish-here", comment, [own, ...target])];
  // 127.0.0.1 is never redirected for packets from outside: a neighbour could send such (moby issue 45610)
  if (address === undefined) rules.push(rule("publish", comment, [nft.notToRange(loopback), own, ...target]));
  else if (!address.startsWith("127.")) rules.push(rule("publish", comment, [own, ...target]));
  return rules;
}

const rule = (chain: string, comment: string, clauses: readonly Clause[]): Rule => ({ chain, comment, clauses });

/** Kernels without NAT in nf_tables refuse chains of that type with either. */
export const NO_NAT: readonly number[] = [ENOENT, EOPNOTSUPP];

const noNat =
  "this kernel has no NAT for nf_tables: load nf_tables, nft_chain_nat, nft_masq, nft_fib_ipv4 and nft_ct with modprobe, or publish no ports";

const causes = {
  [EPERM]: "packet rules need CAP_NET_ADMIN: run as root, or with --network none",
  [EEXIST]: "a table of that name exists: another container's id begins alike, or somebody made it by hand",
  [ENOENT]: noNat,
  [EOPNOTSUPP]: noNat,
};

/** What it returns says, in time, false where the kernel cannot do it and that is tolerated. */
export async function makeRules(
  socket: NetlinkSocket,
  table: string,
  rules: readonly Rule[],
  tolerate: readonly number[],
): Promise<() => boolean> {
  const used = Object.values(chains).filter(({ name }) => rules.some(({ chain }) => chain === name));
  const changes = [addTable(table), ...used.map((it) => addChain(table, it)), ...rules.map((it) => addRule(table, it))];
  const request = await socket.changeAll(batch(changes), { tolerate, cause: causes });
  return () => socket.usable && request.settle() === 0;
}

/**
 * UDP knows no connections, so the kernel makes some up: packets from one port to another within half a minute. Those
 * of a client that was there before the rules would go on as before, to nobody or to a container that is no more.
 */
export async function forgetExchanges(socket: NetlinkSocket, ports: readonly PublishedPort[]): Promise<void> {
  for (const { host, protocol } of ports) {
    // EINVAL: a kernel that cannot choose (before Linux 5.8)
    if (protocol === "udp") await socket.change(forgetUdp(host), { tolerate: [ENOENT, EINVAL, EOPNOTSUPP] });
  }
}

export async function removeRules(socket: NetlinkSocket, table: string): Promise<void> {
  await socket.changeAll(batch([deleteTable(table)]), { tolerate: [ENOENT, EOPNOTSUPP], cause: causes });
}
