// The kernel's state of a process at one moment, as lines of text, and what changed between two moments. It is read
// from /proc, so it is the kernel's word and not ours.

import type { View } from "./view.ts";

/** Section → lines. A section that cannot be read is absent. */
export type Snapshot = ReadonlyMap<string, readonly string[]>;

export interface Change {
  readonly section: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

const namespaceFiles = ["user", "pid", "pid_for_children", "time", "mnt", "uts", "ipc", "net", "cgroup"];
const statusFields = [
  "Uid",
  "Gid",
  "Groups",
  "CapInh",
  "CapPrm",
  "CapEff",
  "CapBnd",
  "CapAmb",
  "NoNewPrivs",
  "Seccomp",
];

const readers: Readonly<Record<string, (view: View) => string[] | undefined>> = {
  namespaces: (view) =>
    namespaceFiles.flatMap((file) => {
      const inode = view.namespace(file);
      return inode === undefined
        ? []
        : [`${file}:[${inode}]${inode === view.host.namespace(file) ? " (the host's)" : ""}`];
    }),
  uid_map: (view) => lines(view.tryFile("uid_map")),
  gid_map: (view) => lines(view.tryFile("gid_map")),
  cgroup: (view) => lines(view.tryFile("cgroup")),
  mounts: (view) =>
    view.mounts.map(({ point, type, source, options, root, propagation }) =>
      [
        point,
        type,
        source === type ? "" : source,
        root === "/" ? "" : `[${root}]`,
        options.join(","),
        propagation.join(" "),
      ]
        .filter(Boolean)
        .join(" "),
    ),
  root: (view) => [view.link("root") ?? "?"],
  links: (view) => column(view.tryFile("net/dev"), 2, /^\s*([^:]+):/),
  addresses: (view) => addressLines(view.tryFile("net/fib_trie")),
  routes: (view) => lines(view.tryFile("net/route"))?.slice(1).map(routeLine),
  credentials: (view) => statusFields.map((field) => `${field}: ${(view.status(field) ?? "?").replace(/\s+/g, " ")}`),
  limits: (view) =>
    lines(view.tryFile("limits"))
      ?.slice(1)
      .map((line) => line.replace(/\s{2,}/g, "  ")),
  descriptors: (view) => {
    const { descriptors } = view;
    return descriptors && [...descriptors].map(([fd, what]) => `${fd} → ${what}`);
  },
};

/** Reads everything now. Empty when the process has gone. */
export function capture(view: View): Snapshot {
  const sections = Object.entries(readers).flatMap(([name, read]) => {
    try {
      const value = read(view);
      return value === undefined ? [] : [[name, value] as const];
    } catch {
      return [];
    }
  });
  return new Map(sections);
}

/** What is in one and not in the other. A section whose lines changed in no way is left out. */
export function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((section) => {
    const old = before.get(section) ?? [];
    const now = after.get(section) ?? [];
    const removed = old.filter((line) => !now.includes(line));
    const added = now.filter((line) => !old.includes(line));
    return removed.length + added.length === 0 ? [] : [{ section, removed, added }];
  });
}

const lines = (text: string | undefined): string[] | undefined =>
  text
    ?.split("\n")
    .filter(Boolean)
    .map((line) => line.trim().replace(/\s+/g, " "));

function column(text: string | undefined, skip: number, pattern: RegExp): string[] | undefined {
  return text
    ?.split("\n")
    .slice(skip)
    .flatMap((line) => pattern.exec(line)?.[1] ?? []);
}

/**
 * The local addresses of /proc/net/fib_trie: each stands in the line before its "/32 host
 * LOCAL"; "/8" is a whole network.
 */
function addressLines(text: string | undefined): string[] | undefined {
  const rows = text?.split("\n") ?? [];
  const found = rows.flatMap((row, i) =>
    row.includes("/32 host LOCAL") ? [/(\d+\.\d+\.\d+\.\d+)/.exec(rows[i - 1] ?? "")?.[1] ?? ""] : [],
  );
  return text === undefined ? undefined : [...new Set(found)].filter(Boolean);
}

/** /proc/net/route has its addresses in hexadecimal, in the machine's byte order. */
function routeLine(line: string): string {
  const [device = "", destination = "", gateway = "", , , , , mask = ""] = line.split(" ");
  const via = gateway === "00000000" ? "" : ` via ${dotted(gateway)}`;
  return `${destination === "00000000" ? "default" : `${dotted(destination)}/${prefixLength(mask)}`}${via} dev ${device}`;
}

const dotted = (hex: string): string =>
  (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".");
const prefixLength = (mask: string): number => Number.parseInt(mask, 16).toString(2).replaceAll("0", "").length;
