// What the kernel shows of a process' network: /proc/PID/net is that of the process, whoever reads it.

import type { Check } from "../../core/layer.ts";
import type { View } from "../../core/view.ts";

export function verify(view: View): Check[] {
  return [namespace(view), interfaces(view), loopback(view), route(view)];
}

function namespace(view: View): Check {
  const own = view.ownNamespace("net", view.host);
  const inode = view.namespace("net");
  return {
    id: "network.namespace",
    title: "links, addresses and ports of its own",
    verdict: own === undefined ? "unknown" : own ? "yes" : "no",
    saw: inode === undefined ? "/proc/PID/ns/net cannot be read" : `net:[${inode}]${own ? "" : ", the host's"}`,
  };
}

// Names say little, for each namespace may have an eth0. A link is in exactly one namespace, so what counts is whose
// these are.
function interfaces(view: View): Check {
  const links = linksOf(view);
  const own = view.ownNamespace("net", view.host);
  const known = links !== undefined && own !== undefined;
  return {
    id: "network.links",
    title: "no link of the host is visible",
    verdict: known ? (own ? "yes" : "no") : "unknown",
    saw:
      links === undefined
        ? "/proc/PID/net/dev cannot be read"
        : `${links.join(", ")}${own === false ? ": the host's" : ""}`,
  };
}

// The kernel enters 127.0.0.1 into the table of local addresses when lo is raised.
function loopback(view: View): Check {
  const addresses = localAddresses(view);
  const up = addresses?.includes("127.0.0.1");
  return {
    id: "network.loopback",
    title: "127.0.0.1 answers",
    verdict: up === undefined ? "unknown" : up ? "yes" : "no",
    saw: up === undefined ? "/proc/PID/net/fib_trie cannot be read" : up ? "lo is up" : "lo is down",
  };
}

function route(view: View): Check {
  const title = "a way out exactly where there is a link for it";
  const links = linksOf(view);
  const routes = view.tryFile("net/route");
  if (links === undefined || routes === undefined) {
    return { id: "network.route", title, verdict: "unknown", saw: "/proc/PID/net/route cannot be read" };
  }
  const addresses = (localAddresses(view) ?? []).filter((it) => !it.startsWith("127."));
  const gateways = routes.split("\n").slice(1).flatMap(gatewayOf);
  if (addresses.length === 0 && gateways.length === 0) {
    return { id: "network.route", title, verdict: "yes", saw: "loopback only: no address, no route" };
  }
  const saw = `${addresses.join(", ") || "no address"}, ${gateways.length === 0 ? "no default route" : `default route ${gateways.join(", ")}`}`;
  return { id: "network.route", title, verdict: gateways.length > 0 ? "yes" : "no", saw };
}

function linksOf(view: View): string[] | undefined {
  const lines = view.tryFile("net/dev")?.split("\n").slice(2).filter(Boolean);
  // tunl0, sit0 and the like come with their modules in every namespace, and carry nothing
  return lines?.map((line) => line.slice(0, line.indexOf(":")).trim());
}

/** In /proc/PID/net/fib_trie an address stands in the line before its `/32 host LOCAL`. */
function localAddresses(view: View): string[] | undefined {
  const found = view.tryFile("net/fib_trie")?.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g);
  return found && [...new Set([...found].map((it) => it[1] as string))];
}

// proc_pid_net(5): interface, destination, gateway, …, mask as the eighth; addresses in hexadecimal, the last byte
// first.
function gatewayOf(line: string): string[] {
  const [link = "", destination, gateway = "", , , , , mask] = line.split("\t");
  if (destination !== "00000000" || mask !== "00000000") return [];
  const bytes = gateway.match(/../g)?.map((it) => Number.parseInt(it, 16)) ?? [];
  return [`via ${bytes.toReversed().join(".")} on ${link}`];
}
