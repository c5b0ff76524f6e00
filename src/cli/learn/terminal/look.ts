// The key `k`: any section of what the kernel shows of the container, and the whole machine beside it.

import { readdirSync } from "node:fs";
import { capture, type Snapshot } from "../../../core/snapshot.ts";
import { View } from "../../../core/view.ts";
import type { Held } from "../../../engine/held.ts";
import { palette } from "../../palette.ts";
import { INDENT, noProcess, shorten, showMade } from "../../pause-lines.ts";
import { visible } from "../../style.ts";
import type { Desk } from "./desk.ts";
import { chooseOne } from "./list-chooser.ts";
import { type Row, sideBySide } from "./side-by-side.ts";

const MACHINE = "machine";
const CALLS = "calls";
const ALL = "all";

export async function lookAround(held: Held, { screen, signal, numbered, made }: Desk): Promise<void> {
  const { pid } = held;
  if (pid === undefined) return screen.say(noProcess);
  const snapshot = held.snapshot();
  const what = await chooseOne(
    {
      title: "Look at what?",
      items: [
        { value: MACHINE, label: "the whole machine, side by side with the container" },
        { value: CALLS, label: `the calls since the last pause (${made.length})` },
        ...[...snapshot].map(([name, lines]) => ({ value: name, label: `${name} (${lines.length})` })),
        { value: ALL, label: "all of it" },
      ],
      signal,
    },
    numbered,
  );
  if (what === undefined) return;
  if (what === MACHINE) screen.add(sideBySide(await compareWithHost(held, pid, snapshot)));
  else if (what === CALLS) screen.add(showMade(made, true, everything()).join("\n") || `${INDENT}none`);
  else for (const [name, lines] of snapshot) if (what === ALL || what === name) screen.add(showSection(name, lines));
  await screen.flush();
}

const everything = () => ({ paint: palette(), limit: () => Number.POSITIVE_INFINITY });

const showSection = (name: string, lines: readonly string[]): string =>
  [palette().bold(name), ...lines.map((it) => `${INDENT}${visible(shorten(it))}`)].join("\n");

async function compareWithHost(held: Held, pid: number, inside: Snapshot): Promise<Row[]> {
  const host = new View(process.pid);
  const outside = capture(host);
  const both = (label: string, of: (it: Snapshot) => string): Row => ({ label, host: of(outside), here: of(inside) });
  const count = (section: string) => (it: Snapshot) => String(it.get(section)?.length ?? "?");
  const list = (section: string) => (it: Snapshot) => (it.get(section) ?? []).join(", ") || "none";
  const status = (field: string) => (it: Snapshot) =>
    it
      .get("credentials")
      ?.find((line) => line.startsWith(`${field}: `))
      ?.slice(field.length + 2) ?? "?";
  const view = new View(pid);
  return [
    { label: "hostname", host: hostname(host), here: await hostnameInside(held) },
    ...["user", "pid", "mnt", "uts", "ipc", "net", "cgroup", "time"].map((type) => ({
      label: `${type} namespace`,
      host: String(host.namespace(type) ?? "?"),
      here: String(view.namespace(type) ?? "?"),
    })),
    { label: "processes", host: String(processesIn(undefined)), here: String(processesIn(view.namespace("pid"))) },
    both("mounts", count("mounts")),
    both("root", (it) => it.get("root")?.[0] ?? "?"),
    both("links", list("links")),
    both("addresses", list("addresses")),
    both("capabilities", status("CapEff")),
    both("no new privs", status("NoNewPrivs")),
    both("seccomp", status("Seccomp")),
    both("cgroup", (it) => it.get("cgroup")?.at(-1) ?? "?"),
  ].map((it) => ({ ...it, host: shorten(visible(it.host)), here: shorten(visible(it.here)) }));
}

const hostname = (host: View): string => host.inside("/proc/sys/kernel/hostname")?.trim() ?? "?";

// the kernel tells a hostname only to those who are in its namespace
async function hostnameInside(held: Held): Promise<string> {
  try {
    return await held.hostname();
  } catch {
    return "?";
  }
}

/** Processes of a pid namespace, as far as one may see that; all, where none is named. */
function processesIn(namespace: number | undefined): number {
  const pids = readdirSync("/proc").filter((it) => /^\d+$/.test(it));
  const host = new View(process.pid).namespace("pid");
  if (namespace === undefined || namespace === host) return pids.length;
  return pids.filter((it) => new View(Number(it)).namespace("pid") === namespace).length;
}
