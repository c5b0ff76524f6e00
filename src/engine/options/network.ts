// --network, --dns, --add-host, --hostname.

import type { Network } from "../../core/spec.ts";
import { isAddress } from "./address.ts";
import { ValueError } from "./value.ts";

export type NetworkChoice = Pick<Network, "mode" | "container">;

/** `none`, `host`, `bridge` (`default` means it), `container:NAME`. */
export function parseNetwork(text: string): NetworkChoice {
  if (text === "none" || text === "host" || text === "bridge") return { mode: text };
  if (text === "default") return { mode: "bridge" };
  const container = /^container:(.+)$/.exec(text)?.[1];
  if (container !== undefined) return { mode: "container", container };
  throw new ValueError("there are none, host, bridge and container:NAME");
}

export function parseDns(text: string): string {
  if (!isAddress(text)) throw new ValueError("not an IP address");
  return text;
}

/** `NAME:IP` or `NAME=IP`, an IPv6 address with or without brackets. */
export function parseHost(text: string): readonly [name: string, address: string] {
  const [, name, rest] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name === undefined || rest === undefined || /\s/.test(name))
    throw new ValueError("write NAME:IP, such as db:10.0.0.7");
  const address = rest.replace(/^\[(.*)\]$/, "$1");
  if (!isAddress(address)) throw new ValueError(`${JSON.stringify(rest)} is not an IP address`);
  return [name, address];
}

/** A host name: at most 63 bytes, which leaves the kernel room for its NUL; labels of letters, digits and inner dashes. */
export function parseHostname(text: string): string {
  if (text.length > 63) throw new ValueError("a host name has at most 63 characters");
  const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;
  if (!text.split(".").every((it) => label.test(it)))
    throw new ValueError("a host name is made of letters, digits and inner dashes, in parts separated by dots");
  return text;
}
