// What differs between any two containers, whatever their layers: ids, inodes, addresses, process ids. To compare two of them,
// stable words take their place, so that what still differs means something.

import type { Snapshot } from "../core/snapshot.ts";

/** What is one container's alone. */
export interface Marks {
  readonly id: string;
  readonly name: string;
  /** Its first process, as the host sees it. */
  readonly pid: number;
  /** Inode → what to say instead of it. */
  readonly namespaces: ReadonlyMap<number, string>;
  /** What the address pool gave it; empty where it shares the host's network. */
  readonly addresses: readonly string[];
}

export const HOSTS = "the host's";
export const OTHER = "not the host's";

// Process ids below this one are not given out a second time (RESERVED_PIDS), and any small number may mean something else.
const FIRST_FREE_PID = 300;

/** The marks of a container, from what the kernel shows of it. */
export function marksOf(snapshot: Snapshot, { id, name, pid }: Pick<Marks, "id" | "name" | "pid">): Marks {
  const namespaces = new Map<number, string>();
  for (const line of snapshot.get("namespaces") ?? []) {
    const [, inode, host] = /\[(\d+)\]( \(the host's\))?$/.exec(line) ?? [];
    if (inode !== undefined) namespaces.set(Number(inode), host === undefined ? OTHER : HOSTS);
  }
  const ownNetwork = snapshot.get("namespaces")?.some((it) => it.startsWith("net:") && !it.endsWith("(the host's)"));
  const addresses = ownNetwork ? (snapshot.get("addresses") ?? []).filter((it) => !it.startsWith("127.")) : [];
  return { id, name, pid, namespaces, addresses };
}

/** A function that puts stable words in the place of what is this container's alone. */
export function stabilizer({ id, name, pid, namespaces, addresses }: Marks): (text: string) => string {
  const literal: [string, string][] = [
    [id, "<id>"],
    [id.slice(0, 12), "<id>"],
    [name, "<name>"],
    ...addresses.map((it): [string, string] => [it, "<address>"]),
    ...addresses.map((it): [string, string] => [linkAddress(it), "<link address>"]),
    ...(pid < FIRST_FREE_PID ? [] : [[`${pid}`, "<pid>"] satisfies [string, string]]),
  ];
  const words = new Map(literal);
  const known = new RegExp(
    `(?<![\\w.:-])(?:${literal.map(([it]) => RegExp.escape(it)).join("|")})(?![\\w:-]|\\.\\d)`,
    "g",
  );
  return (text) =>
    text
      .replace(
        /\b([a-z_]+):\[(\d+)\]/g,
        (_, kind: string, inode: string) => `${kind}:[${namespaces.get(Number(inode)) ?? "<number>"}]`,
      )
      .replace(/\b(shared|master|propagate_from):\d+/g, "$1:<number>")
      .replace(/@if\d+/g, "@if<number>")
      .replace(known, (it) => words.get(it) ?? it);
}

/** A whole snapshot in stable words. */
export function stabilize(snapshot: Snapshot, stable: (text: string) => string): Snapshot {
  return new Map(
    [...snapshot].map(([section, lines]) => [
      section,
      lines.map((line) => stable(line).replace(/^(\w+):\[([^\]]+)\](?: \(the host's\))?$/, "$1: $2")),
    ]),
  );
}

// The link address that src/layers/network/link.ts gives: 02:42 and the IPv4 address.
function linkAddress(address: string): string {
  const bytes = address.split(".").map((it) => Number(it).toString(16).padStart(2, "0"));
  return ["02", "42", ...bytes].join(":");
}
