// What a container could leave behind on its host, as a list of lines, so that two moments can be compared. Other test
// runs and other containers on the machine are told apart by pid, temporary folder, or living processes.

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { descendants, describeProcess, type ProcessEntry, processes, processLink } from "./processes.ts";

/** Kind of resource → one line for each that exists. */
export type Snapshot = Readonly<Record<string, readonly string[]>>;

/** Whose mounts, links and nft tables are looked at: those of this process, or of a process in a private host. */
export function hostSnapshot(pid: number | "self" = "self"): Snapshot {
  return {
    mounts: mounts(pid),
    links: links(pid),
    routes: lines(`/proc/${pid}/net/route`).slice(1),
    nft: nftRules(pid),
    cgroups: cgroups(),
    processes: ourProcesses(),
    descriptors: descriptors(),
  };
}

/** `mounts: + /mnt …` for each line that is in only one of the two; empty when they agree. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  return Object.keys(after).flatMap((kind) => {
    const old = new Set(before[kind]);
    const now = new Set(after[kind]);
    const added = [...now].filter((it) => !old.has(it)).map((it) => `${kind}: left behind: ${it}`);
    const removed = [...old].filter((it) => !now.has(it) && !leaves(kind)).map((it) => `${kind}: gone: ${it}`);
    return [...added, ...removed];
  });
}

// What a test is welcome to end or close although it did not start it.
function leaves(kind: string): boolean {
  return kind === "processes" || kind === "descriptors" || kind === "cgroups";
}

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
}

function mounts(pid: number | "self"): string[] {
  return lines(`/proc/${pid}/mountinfo`).filter((line) => !ofAnotherRun(line));
}

// Something named after a test process that is alive, and is not this one: its temporary folder, its cgroups.
function ofAnotherRun(text: string): boolean {
  const owner = /\b(?:minidocker-|md-)?test-(\d+)-/.exec(text)?.[1];
  return owner !== undefined && Number(owner) !== process.pid && existsSync(`/proc/${owner}`);
}

function links(pid: number | "self"): string[] {
  return lines(`/proc/${pid}/net/dev`)
    .slice(2)
    .map((line) => line.slice(0, line.indexOf(":")).trim());
}

function nftRules(pid: number | "self"): string[] {
  const nft = Bun.which("nft", { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` });
  if (nft === null || process.getuid?.() !== 0) return [];
  const enter = pid === "self" ? [] : ["nsenter", "-t", String(pid), "-n"];
  const { stdout } = Bun.spawnSync([...enter, nft, "--stateless", "list", "ruleset"], { stderr: "ignore" });
  return stdout.toString().split("\n").filter(Boolean);
}

// The folder that holds all of minidocker's may stay; a container's own may not, unless something else lives in it.
function cgroups(): string[] {
  const trees = lines("/proc/self/mountinfo")
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(" ")[4] as string);
  const found = trees.flatMap((tree) => ownCgroups(tree)).filter((it) => !ofAnotherRun(it));
  const ours = new Set(found.length === 0 ? [] : descendants(process.pid).map((it) => it.pid));
  return found.filter((it) => !strangersIn(it, ours));
}

function ownCgroups(folder: string, inOurs = false): string[] {
  return folders(folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    const ours = inOurs || /^(minidocker|md-)/.test(name);
    return [...(inOurs || /^md-/.test(name) ? [path] : []), ...ownCgroups(path, ours)];
  });
}

function folders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((it) => (it.isDirectory() ? [it.name] : []));
  } catch {
    return []; // removed meanwhile
  }
}

function strangersIn(cgroup: string, ours: ReadonlySet<number>): boolean {
  try {
    return lines(`${cgroup}/cgroup.procs`).some((pid) => !ours.has(Number(pid)));
  } catch {
    return false; // removed meanwhile
  }
}

function ourProcesses(): string[] {
  const all = processes();
  const mine = descendants(process.pid, all);
  const adopted = [...all.values()].filter((it) => it.parent === 1 && it.state !== "Z" && isContainerProcess(it));
  return [...mine, ...adopted].filter((it) => it.name !== "nft").map((it) => `${describeProcess(it)} @${it.started}`);
}

// A stage whose parent has gone, or a process in another pid namespace that the machine's init has inherited.
function isContainerProcess({ pid }: ProcessEntry): boolean {
  if (processLink(pid, "exe").startsWith("/memfd:stage")) return true;
  const namespace = processLink(pid, "ns/pid");
  return namespace !== "" && namespace !== processLink(process.pid, "ns/pid");
}

function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} → ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return []; // the descriptor of the folder itself
    }
  });
}
