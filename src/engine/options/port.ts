// -p: ports of the host that lead into the container.

import type { PublishedPort } from "../../core/spec.ts";
import { isAddress } from "./address.ts";
import { ValueError } from "./value.ts";

/** `[IP:]HOST:CTR[/tcp|/udp]`; HOST and CTR may be ranges of the same length, `8000-8002:80-82`. */
export function parsePort(text: string): PublishedPort[] {
  const [, mapping = "", protocol = "tcp"] = /^(.*?)(?:\/([^/]*))?$/.exec(text) ?? [];
  if (protocol !== "tcp" && protocol !== "udp")
    throw new ValueError(`the protocol is tcp or udp, not ${JSON.stringify(protocol)}`);
  const found = /^(?:(\[[^\]]*\]|[^:]*):)?([^:]*):([^:]*)$/.exec(mapping);
  if (found === null) {
    throw new ValueError(
      /^[\d-]+$/.test(mapping)
        ? `say which port of the host leads there: HOST:${mapping}`
        : "write [IP:]HOST:CONTAINER[/udp], such as 8080:80",
    );
  }
  const [, address, hostText = "", containerText = ""] = found;
  if (hostText === "") throw new ValueError(`say which port of the host leads to ${containerText}`);
  const host = parseRange(hostText);
  const container = parseRange(containerText);
  if (host.length !== container.length)
    throw new ValueError(`${host.length} ports of the host cannot lead to ${container.length} of the container`);
  const on = listenAddress(address);
  return host.map((port, i) => ({ ...on, host: port, container: container[i] as number, protocol }));
}

function listenAddress(text: string | undefined): { address?: string } {
  if (text === undefined || text === "" || text === "0.0.0.0") return {};
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (!isAddress(address)) throw new ValueError(`${JSON.stringify(text)} is not an IP address`);
  return { address };
}

function parseRange(text: string): number[] {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (first === undefined || from < 1 || to > 65_535)
    throw new ValueError(`${JSON.stringify(text)} is not a port: 1 to 65535`);
  if (to < from) throw new ValueError(`the range ${text} runs backwards`);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The first port that is asked for twice, as it would be written, or undefined. */
export function duplicatePort(ports: readonly PublishedPort[]): string | undefined {
  const seen = new Set<string>();
  for (const { address = "", host, protocol } of ports) {
    const key = `${address}:${host}/${protocol}`;
    const everywhere = `:${host}/${protocol}`;
    const overlaps =
      seen.has(key) || seen.has(everywhere) || (address === "" && [...seen].some((it) => it.endsWith(everywhere)));
    if (overlaps) return `${host}/${protocol}`;
    seen.add(key);
  }
  return undefined;
}
