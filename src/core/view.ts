// A process as the kernel shows it from outside: /proc/PID and nothing else. Everything is read when it is asked
// for, once; a View is a moment, not a subscription.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { UNIFIED } from "../abi/cgroup.ts";
import { errnoName } from "../abi/errno.ts";
import { SIG } from "../abi/signal.ts";
import { type Folders, foldersOf } from "./cgroup-folders.ts";
import { countDevicePrograms } from "./device-programs.ts";
import { firstPage, mountOf, withKernels } from "./kernels-files.ts";

export interface MountEntry {
  readonly id: number;
  readonly parent: number;
  /** Of its file system: `major:minor`. */
  readonly device: string;
  readonly root: string;
  readonly point: string;
  readonly options: readonly string[];
  /** `shared:1`, `master:2`, …; empty for a private mount. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export interface IdMapEntry {
  readonly inside: number;
  readonly outside: number;
  readonly size: number;
}

export class View {
  readonly pid: number;
  readonly #proc: string;
  readonly #root: string;
  readonly #cache = new Map<string, string>();

  /** `pid` as this process sees it. `proc` is where proc is mounted. */
  constructor(pid: number, proc = "/proc") {
    this.pid = pid;
    this.#proc = proc;
    this.#root = `${proc}/${pid}`;
  }

  /** A file below /proc/PID. Throws an Error that names the file and the errno. */
  file(name: string): string {
    let text = this.#cache.get(name);
    if (text === undefined) {
      text = readText(`${this.#root}/${name}`);
      this.#cache.set(name, text);
    }
    return text;
  }

  /** A file below /proc/PID, or undefined where it cannot be read. */
  tryFile(name: string): string | undefined {
    try {
      return this.file(name);
    } catch {
      return undefined;
    }
  }

  /**
   * The first page of a file of the kernel's below /proc, as the process itself sees it (through /proc/PID/root), or
   * undefined where it cannot be read or is not the kernel's: what else a process has put there is not opened.
   */
  inside(path: string): string | undefined {
    try {
      return withKernels(this, this.#proc, path, firstPage);
    } catch {
      return undefined;
    }
  }

  /** Whether the kernel has such a file or folder below /proc or /sys for the process. Throws where it cannot be told. */
  has(path: string): boolean {
    return withKernels(this, this.#proc, path, () => true) ?? false;
  }

  /** The mount in which that absolute path lies, as the process itself sees it. */
  mountOf(path: string): MountEntry | undefined {
    return mountOf(this.mounts, path);
  }

  /** What a symbolic link below /proc/PID (`root`, `cwd`, `exe`) points to, or undefined where that is hidden. */
  link(name: string): string | undefined {
    return readLink(`${this.#root}/${name}`);
  }

  /** A field of /proc/PID/status: `status("CapEff")`. */
  status(field: string): string | undefined {
    return new RegExp(`^${field}:[ \\t]*(.*)$`, "m").exec(this.file("status"))?.[1];
  }

  /** A capability set of /proc/PID/status (`CapEff`, `CapBnd`, …) as a mask. */
  capabilities(field: string): bigint {
    return BigInt(`0x${this.status(field) ?? "0"}`);
  }

  /** The names in a set of signals of /proc/PID/status (`SigIgn`, `SigCgt`, …). */
  signals(field: string): ReadonlySet<string> {
    const mask = BigInt(`0x${this.status(field) ?? "0"}`);
    return new Set(Object.keys(SIG).filter((name) => (mask >> BigInt((SIG[name] as number) - 1)) & 1n));
  }

  /** Namespace type as in /proc/PID/ns (`mnt`, `net`, `pid_for_children`, …) → inode, or undefined where hidden. */
  namespace(type: string): number | undefined {
    const link = readLink(`${this.#root}/ns/${type}`);
    const inode = /\[(\d+)\]$/.exec(link ?? "")?.[1];
    return inode === undefined ? undefined : Number(inode);
  }

  /** Whether the process has a namespace of that type other than `other` has; undefined where that is hidden. */
  ownNamespace(type: string, other: View): boolean | undefined {
    const mine = this.namespace(type);
    const theirs = other.namespace(type);
    return mine === undefined || theirs === undefined ? undefined : mine !== theirs;
  }

  /** The process that judges: what "the host's" means. */
  get host(): View {
    return new View(process.pid);
  }

  get mounts(): MountEntry[] {
    return parseMounts(this.file("mountinfo"));
  }

  idMap(kind: "uid_map" | "gid_map"): IdMapEntry[] {
    return this.file(kind)
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [inside, outside, size] = line.trim().split(/\s+/).map(Number) as [number, number, number];
        return { inside, outside, size };
      });
  }

  /** /proc/PID/cgroup: controllers (empty for v2) → path as this process sees it. */
  get cgroups(): ReadonlyMap<string, string> {
    const rows = this.file("cgroup").split("\n").filter(Boolean);
    return new Map(
      rows.map((row) => {
        const [, controllers, ...path] = row.split(":") as [string, string, ...string[]];
        return [controllers, path.join(":")];
      }),
    );
  }

  /** Hierarchy (a controller's name; `unified` for v2) → folder of the process's cgroup, where the judge can see it. */
  get cgroupFolders(): Folders {
    return foldersOf(this.file("cgroup"), this.host.mounts);
  }

  /**
   * A file of the process's cgroup in `hierarchy`, then the same file of each cgroup above it that the judge is not in
   * too: what stands in any of them holds for the process. Empty where there is no such file.
   */
  cgroupFiles(hierarchy: string, name: string): string[] {
    return this.#ownCgroups(hierarchy).flatMap((folder) => tryText(`${folder}/${name}`) ?? []);
  }

  /** The eBPF programs that decide about devices in those v2 cgroups; undefined where they cannot be counted. */
  get devicePrograms(): number | undefined {
    const counts = this.#ownCgroups(UNIFIED).map(countDevicePrograms);
    return counts.reduce((sum, it) => (sum === undefined || it === undefined ? undefined : sum + it), 0);
  }

  #ownCgroups(hierarchy: string): string[] {
    const shared = `${this.host.cgroupFolders.get(hierarchy) ?? ""}/`;
    const found: string[] = [];
    let folder = this.cgroupFolders.get(hierarchy) ?? "";
    while (folder !== "" && !shared.startsWith(`${folder}/`)) {
      found.push(folder);
      folder = folder.slice(0, folder.lastIndexOf("/"));
    }
    return found;
  }

  /** Open descriptors → what they are (`socket:[123]`, a path), or undefined where they are hidden. */
  get descriptors(): ReadonlyMap<number, string> | undefined {
    try {
      const list = readdirSync(`${this.#root}/fd`);
      return new Map(list.map((fd) => [Number(fd), readLink(`${this.#root}/fd/${fd}`) ?? "?"]));
    } catch {
      return undefined;
    }
  }

  /**
   * Fields 22 of /proc/PID/stat: when the process was started, in clock ticks after boot. A pid is valid only with it.
   */
  get startTime(): number {
    const stat = this.file("stat");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { errno } = error as { errno?: number };
    throw new Error(`${path}: ${errnoName(Math.abs(errno ?? 0))}`);
  }
}

function tryText(path: string): string | undefined {
  try {
    return readText(path);
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** The rows of a /proc/PID/mountinfo. */
export function parseMounts(text: string): MountEntry[] {
  return text.split("\n").filter(Boolean).map(parseMount);
}

// proc_pid_mountinfo(5): optional fields end at a lone "-"; spaces in paths are \040.
function parseMount(line: string): MountEntry {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", 6);
  const at = (index: number): string => unescapeOctal(fields[index] ?? "");
  return {
    id: Number(fields[0]),
    parent: Number(fields[1]),
    device: at(2),
    root: at(3),
    point: at(4),
    options: at(5).split(","),
    propagation: fields.slice(6, dash),
    type: at(dash + 1),
    source: at(dash + 2),
    superOptions: at(dash + 3).split(","),
  };
}

function unescapeOctal(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
