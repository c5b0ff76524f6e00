// /etc/hosts, /etc/hostname and /etc/resolv.conf of a container. They are files of the host, one folder for each
// container, mounted over the image's own: so the image stays as it is, and the network layer can add names while the
// container runs.

import { extension, type Network, type Spec } from "./spec.ts";

/** The folder with `hosts`, `hostname` and `resolv.conf` of that container. */
export function etcFolder(stateDir: string, id: string): string {
  return `${stateDir}/containers/${id}/etc`;
}

/**
 * The folder whose files the container sees: its own, or with `--network container:NAME` the other one's, since names
 * and addresses belong together.
 */
export function etcFolderOf(spec: Spec, stateDir: string): string {
  const network = extension(spec, "network");
  const owner = network?.mode === "container" ? network.container : undefined;
  return etcFolder(stateDir, owner ?? extension(spec, "id") ?? "");
}

const localNames = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/**
 * /etc/hosts before the container has an address: hosts(5). `host` is the host's own file, which is the right one
 * where its network is shared. Names of the containers on the bridge come later, between two marks (`withNames`).
 */
export function hostsFile(spec: Spec, host = ""): string {
  const network = extension(spec, "network");
  const base = network?.mode === "host" && host !== "" ? endLine(host) : localNames;
  return base + (network?.hosts ?? []).map(([name, address]) => `${address}\t${name}\n`).join("");
}

const BEGIN = "# minidocker: this container, then the others on its bridge\n";
const END = "# minidocker: end\n";

/**
 * `text` of an /etc/hosts with `lines` between our marks. What stands outside of them, the container's own edits, is
 * kept.
 */
export function withNames(text: string, lines: readonly string[]): string {
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END, start);
  const names = lines.length === 0 ? "" : BEGIN + lines.map((it) => `${it}\n`).join("") + END;
  if (start < 0 || end < 0) return endLine(text) + names;
  return text.slice(0, start) + names + text.slice(end + END.length);
}

export function hostnameFile(spec: Spec): string {
  return spec.hostname === undefined ? "" : `${spec.hostname}\n`;
}

/**
 * /etc/resolv.conf: resolv.conf(5). `--dns` wins over the host's name servers. Of those, the ones on the host's
 * loopback are left out, because 127.0.0.1 is the container itself; `host` should therefore be
 * /run/systemd/resolve/resolv.conf where /etc/resolv.conf names only the resolver on 127.0.0.53.
 */
export function resolvConf(spec: Spec, host: string): string {
  const network = extension(spec, "network");
  if (network === undefined || (network.mode === "host" && network.dns.length === 0)) return host;
  const lines = host.split("\n").map((it) => it.trim());
  const others = lines.filter((it) => /^(search|domain|options)\s/.test(it));
  const servers = network.dns.length > 0 ? network.dns : reachable(lines, network);
  const missing = "# the host's name servers listen on its loopback only, out of reach here: name others with --dns";
  return [...(servers.length > 0 ? servers.map((it) => `nameserver ${it}`) : [missing]), ...others, ""].join("\n");
}

/**
 * Whether all name servers of a resolv.conf are out of a container's reach, so that a better file should be looked
 * for.
 */
export function onlyLoopbackServers(text: string): boolean {
  const servers = serversOf(text.split("\n"));
  return servers.length > 0 && servers.every(isLoopback);
}

function reachable(lines: readonly string[], { mode }: Network): string[] {
  const found = serversOf(lines).filter((it) => !isLoopback(it) && !it.includes("%"));
  const v4 = found.filter((it) => !it.includes(":"));
  // the bridge carries IPv4 only; a server that cannot answer costs every lookup its time limit
  return mode === "bridge" && v4.length > 0 ? v4 : found;
}

function serversOf(lines: readonly string[]): string[] {
  return lines.flatMap((it) => /^\s*nameserver\s+(\S+)/.exec(it)?.[1] ?? []);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "0.0.0.0";
}

const endLine = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
