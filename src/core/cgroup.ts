// A container's control group from outside: where its folders are, what they say, and the few things that may be
// written to them while the container runs. Making and removing it is the cgroups layer's part.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseFlatKeyed, UNIFIED } from "../abi/cgroup.ts";
import { errnoName } from "../abi/errno.ts";
import { CgroupPlace, type Folders } from "./cgroup-folders.ts";
import type { CgroupFacts } from "./facts.ts";

/** A cgroup that exists, or did: every answer copes with its being gone. */
export class Cgroup {
  readonly folders: Folders;

  constructor(folders: Folders) {
    this.folders = folders;
  }

  /** The cgroup of a container, from its linux.cgroupsPath. */
  static of(facts: CgroupFacts, path: string): Cgroup {
    return new Cgroup(CgroupPlace.of(facts, path).folders);
  }

  /** The cgroup that the layer announced so, wherever the user's own cgroup may be by now. */
  static ofIntent(intent: Readonly<Record<string, unknown>>): Cgroup {
    return new Cgroup(CgroupPlace.ofIntent(intent).folders);
  }

  get exists(): boolean {
    return this.folders.values().some((folder) => existsSync(folder));
  }

  /** A file of a controller (`pids`, `memory`, …), or undefined where there is none. v2 has them all in one folder. */
  read(controller: string, file: string): string | undefined {
    const folder = this.folders.get(controller) ?? this.folders.get(UNIFIED);
    return folder === undefined ? undefined : readText(`${folder}/${file}`);
  }

  /** All processes in it and in those below it, as this process sees them. */
  pids(): number[] {
    const folder = this.#anyFolder();
    if (folder === undefined) return [];
    return [...new Set(tree(folder).flatMap((it) => numbers(readText(`${it}/cgroup.procs`))))];
  }

  /**
   * How many processes the kernel has killed in it because its memory limit was reached. The count is the cgroup's
   * own: a process that was killed by somebody else does not raise it. It lasts as long as the cgroup.
   */
  oomKills(): number {
    const v2 = this.#keyed("memory", "memory.events", "oom_kill");
    return v2 ?? this.#keyed("memory", "memory.oom_control", "oom_kill") ?? 0;
  }

  get oomKilled(): boolean {
    return this.oomKills() > 0;
  }

  /** SIGKILL to all processes; with cgroup.kill (since 5.14) at once, else while none of them can fork away. */
  kill(): void {
    const file = this.#existing(UNIFIED, "cgroup.kill");
    if (file !== undefined) {
      writeText(file, "1");
      return;
    }
    const freezer = this.#existing("freezer", "freezer.state");
    if (freezer !== undefined) writeText(freezer, "FROZEN");
    for (const pid of this.pids()) killProcess(pid);
    if (freezer !== undefined) writeText(freezer, "THAWED");
  }

  #keyed(controller: string, file: string, key: string): number | undefined {
    const text = this.read(controller, file);
    return text === undefined ? undefined : parseFlatKeyed(text).get(key);
  }

  #existing(name: string, file: string): string | undefined {
    const folder = this.folders.get(name);
    return folder !== undefined && existsSync(`${folder}/${file}`) ? `${folder}/${file}` : undefined;
  }

  #anyFolder(): string | undefined {
    return this.folders.get(UNIFIED) ?? this.folders.get("pids") ?? this.folders.values().next().value;
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

function tree(folder: string): string[] {
  const below = tryRead(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return [folder, ...below.filter((it) => it.isDirectory()).flatMap((it) => tree(`${folder}/${it.name}`))];
}

function numbers(text: string | undefined): number[] {
  return (text ?? "").split("\n").filter(Boolean).map(Number);
}

function readText(path: string): string | undefined {
  return tryRead(() => readFileSync(path, "utf8"));
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // the cgroup has gone, or never had this
  }
}

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Error(
      `write(${path}, ${JSON.stringify(text)}) = ${errnoName(Math.abs((error as { errno?: number }).errno ?? 0))}`,
    );
  }
}
