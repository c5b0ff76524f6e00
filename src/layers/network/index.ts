// Layer 4, network: whom the process can talk to.
//
// Before:  in a fresh network namespace there is one link, lo, and it is down: nobody can be reached, not even oneself.
// After:   lo is up; with `bridge`, a cable leads to a switch on the host, with an address, a route, packet rules that
//          let connections out and only published ports in, and the names of the other containers there.
// Not isolated by this: containers on the bridge reach each other, and the host's services that listen on all
//          addresses. Abstract unix sockets belong to the namespace; unix sockets that are files do not.
//
// network_namespaces(7), veth(4), bridge(8), rtnetlink(7); Documentation/networking/nf_conntrack-sysctl.rst

import { contains } from "../../abi/inet.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE } from "../../abi/netlink.ts";
import type { Facts } from "../../core/facts.ts";
import type { Context, Intent, Layer } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { enabled, extension, type Network, namespaceOf, type Spec } from "../../core/spec.ts";
import type { Stage } from "../../stage/stage.ts";
import { type Bridge, ensureBridge, removeBridge } from "./bridge.ts";
import { explain } from "./explain.ts";
import { entryOf, memberOf, releaseAddress, takeAddress } from "./lease.ts";
import { configureInside, linkName, makeVeth, raiseLoopback, removeLink } from "./link.ts";
import { ensureHostsFile, updateNames } from "./names.ts";
import { findObstacle, obstacleNotice } from "./obstacle.ts";
import { reservePorts } from "./ports.ts";
import { connectByPasta, stopPasta } from "./rootless.ts";
import { forgetExchanges, guardOf, makeRules, NO_NAT, removeRules, rulesFor, tableName } from "./rules.ts";
import { askForwarding, enableForwarding, routeLocalnet } from "./settings.ts";
import { NetlinkSocket } from "./socket.ts";
import { verify } from "./verify.ts";

export const network: Layer = {
  name: "network",
  summary: "links, addresses and ports of its own, and a way to the outside",
  lesson: "network",
  otherwise: "a network of the container's own is left as it begins: it has lo only, and that is down",
  requires: [
    {
      name: "namespaces.network",
      otherwise:
        "the container uses the host's links, addresses and ports; nothing is made, and nothing on the host is changed",
      fundamental: true,
    },
  ],
  async apply(ctx) {
    if (!hasOwnNamespace(ctx.spec)) return;
    const wanted = extension(ctx.spec, "network");
    if (wanted?.mode === "bridge" && !ctx.facts.rootless) return connectToBridge(ctx, wanted);
    ctx.step("raise lo");
    const inside = await NetlinkSocket.open(ctx.stage, NETLINK_ROUTE);
    await raiseLoopback(inside);
    await inside.close();
    if (wanted?.mode === "bridge") await connectByPasta(ctx, wanted);
  },
  explain: () => explain,
  verify,
  undo,
};

/** A namespace that is joined, or the host's, belongs to somebody else, who has set it up. */
function hasOwnNamespace(spec: Spec): boolean {
  const namespace = namespaceOf(spec, "network");
  return namespace !== undefined && namespace.path === undefined && enabled(spec, "namespaces.network");
}

async function connectToBridge(ctx: Context, { ports }: Network): Promise<void> {
  const { host, facts, spec } = ctx;
  const id = extension(spec, "id") ?? "";
  if (ports.length > 0) {
    ctx.step("reserve ports");
    // first, because it is what most often cannot be done
    await reservePorts(host, ports);
  }
  ctx.step("find or make the bridge");
  const outside = await NetlinkSocket.open(host, NETLINK_ROUTE);
  const { bridge, address, index } = await plugIn(ctx, outside, id, ports.length > 0);
  await outside.close();

  ctx.step("set the packet rules");
  await setRules(ctx, id, address, bridge, ports);

  ctx.step("tell the names");
  await updateNames(host, facts.stateDir, [{ address, ...memberOf(spec) }]);

  ctx.step("raise lo");
  const inside = await NetlinkSocket.open(ctx.stage, NETLINK_ROUTE);
  await raiseLoopback(inside);
  ctx.step("configure eth0");
  await configureInside(inside, index, address, bridge);
  await inside.close();
}

interface Plugged {
  readonly bridge: Bridge;
  readonly address: string;
  /** Of eth0, inside. */
  readonly index: number;
}

const ATTEMPTS = 5;

/** Bridge, address, cable. The last other container may leave in between, and the bridge with it: then once more. */
async function plugIn(ctx: Context, socket: NetlinkSocket, id: string, publishes: boolean): Promise<Plugged> {
  const { host, facts, spec } = ctx;
  const member = memberOf(spec);
  const announced = new Set<string>();
  let address: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    ctx.step("find or make the bridge");
    const bridge = await ensureBridge(host, socket, facts.stateDir, (name) => {
      if (!announced.has(name)) ctx.intend({ kind: "bridge", name });
      announced.add(name);
    });
    ctx.step("lease an address");
    if (attempt === 0) await ensureHostsFile(host, facts.stateDir, spec);
    if (address === undefined || !contains(bridge.range, address)) {
      address = await takeAddress(host, facts.stateDir, bridge.range, member, (it) => {
        ctx.intend({ kind: "address", address: it, entry: entryOf(member) });
      });
    }
    ctx.step("plug in a cable");
    if (attempt === 0) {
      // what is made last is announced first, because it has to be taken back last: no cable without its rules
      ctx.intend({ kind: "table", name: tableName(id) });
      ctx.intend({ kind: "link", name: linkName(id) });
    }
    const index = await makeVeth(socket, bridge, { id, pid: ctx.pid, address, publishes });
    if (index !== undefined) return { bridge, address, index };
  }
  throw new Refusal(
    "the bridge was removed again and again while this container was to be plugged in: is something deleting links?",
  );
}

async function setRules(
  ctx: Context,
  id: string,
  address: string,
  bridge: Bridge,
  ports: Network["ports"],
): Promise<void> {
  const { host } = ctx;
  const table = tableName(id);
  // without published ports a container can do with less
  const optional = ports.length === 0;
  const socket = await NetlinkSocket.open(host, NETLINK_NETFILTER, optional);
  const accepted = await makeRules(socket, table, rulesFor(address, bridge, ports), optional ? NO_NAT : []);
  await forgetExchanges(socket, ports);
  const forwarding = await askForwarding(host);
  const obstacle = await findObstacle(socket);
  if (!accepted()) {
    ctx.notice(
      "this kernel has no NAT for nf_tables: the container reaches this host and the other containers, and nothing beyond",
    );
    // it takes no NAT, and there will be need of it if the modules are loaded later, and somebody publishes then
    await makeRules(socket, table, [guardOf(bridge)], NO_NAT);
    return socket.close();
  }
  if (ports.length > 0) await routeLocalnet(host, bridge.name);
  // only now, so that nothing is passed on before there are rules for it
  if (await enableForwarding(host, forwarding)) ctx.notice(forwardingNotice);
  if (obstacle !== undefined) ctx.notice(obstacleNotice(obstacle, bridge));
  return socket.close();
}

async function undo(host: Stage, intent: Intent, { stateDir }: Facts): Promise<void> {
  const text = (key: string): string => String(intent[key]);
  const { kind } = intent;
  if (kind === "pasta") return stopPasta(host, text("link"));
  if (kind === "address") {
    await releaseAddress(host, stateDir, text("address"), text("entry"));
    return updateNames(host, stateDir);
  }
  const socket = await NetlinkSocket.open(host, kind === "table" ? NETLINK_NETFILTER : NETLINK_ROUTE, true);
  if (kind === "table") await removeRules(socket, text("name"));
  if (kind === "link") await removeLink(socket, text("name"));
  if (kind === "bridge") await removeBridge(host, socket, stateDir, text("name"));
  return socket.close();
}

const forwardingNotice =
  "net.ipv4.ip_forward was 0 and is now 1, which a bridge needs: this host passes packets on between all its links until you set it back";
