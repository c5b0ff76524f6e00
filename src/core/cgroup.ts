// A container's control group from outside: where its folders are, what they say, and the few things that may be
// written to them while the container runs. Making and removing it is the cgroups layer's part.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseFlatKeyed, parseLimit, UNIFIED } from "../abi/cgroup.ts";
import { errnoName } from "../abi/errno.ts";
import { CgroupPlace, type Folders } from "./cgroup-folders.ts";
import type { CgroupFacts } from "./facts.ts";
import { Refusal } from "./refusal.ts";

/** What a cgroup uses, in bytes, microseconds and processes. What a hierarchy does not tell is undefined. */
export interface CgroupStats {
  readonly memory:
    | { readonly current: number; readonly limit: number | undefined; readonly peak: number | undefined }
    | undefined;
  readonly cpu: { readonly usage: number; readonly throttledPeriods: number; readonly throttled: number } | undefined;
  readonly pids: { readonly current: number; readonly limit: number | undefined } | undefined;
  /** Share of the last ten seconds in which somebody waited for it, in per cent (v2 with CONFIG_PSI). */
  readonly pressure: { readonly cpu?: number; readonly memory?: number; readonly io?: number };
}

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

  /** Stops all its processes where they are, unnoticed by them. Resolves when they stand; rejects after `seconds`. */
  async freeze(seconds = 10): Promise<void> {
    await this.#setFrozen(true, seconds);
  }

  async thaw(seconds = 10): Promise<void> {
    await this.#setFrozen(false, seconds);
  }

  /** Whether all its processes stand still; undefined where there is nothing to tell it by. */
  get frozen(): boolean | undefined {
    const unified = this.#keyed(UNIFIED, "cgroup.events", "frozen");
    if (unified !== undefined) return unified === 1;
    const state = this.read("freezer", "freezer.state");
    return state === undefined ? undefined : state.trim() === "FROZEN";
  }

  async #setFrozen(wanted: boolean, seconds: number): Promise<void> {
    const unified = this.#existing(UNIFIED, "cgroup.freeze");
    const freezer = this.#existing("freezer", "freezer.state");
    const file = unified ?? freezer;
    if (file === undefined) throw new Refusal("this container has no cgroup, so it cannot be paused", 1);
    const words = file === unified ? ["0", "1"] : ["THAWED", "FROZEN"];
    writeText(file, words[Number(wanted)] as string);
    const until = Date.now() + seconds * 1000;
    while (this.frozen !== wanted) {
      if (Date.now() > until) throw new Error(`${file}: not ${wanted ? "frozen" : "thawed"} after ${seconds} s`);
      await Bun.sleep(2);
    }
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

  stats(): CgroupStats {
    const v2 =
      this.#existing(UNIFIED, "memory.current") !== undefined || this.#existing(UNIFIED, "pids.current") !== undefined;
    return v2 ? this.#statsV2() : this.#statsV1();
  }

  #statsV2(): CgroupStats {
    const number = (file: string): number | undefined => limit(this.read(UNIFIED, file));
    const cpu = (key: string): number => this.#keyed(UNIFIED, "cpu.stat", key) ?? 0;
    const current = number("memory.current");
    const pids = number("pids.current");
    return {
      memory: current === undefined ? undefined : { current, limit: number("memory.max"), peak: number("memory.peak") },
      cpu: { usage: cpu("usage_usec"), throttledPeriods: cpu("nr_throttled"), throttled: cpu("throttled_usec") },
      pids: pids === undefined ? undefined : { current: pids, limit: number("pids.max") },
      pressure: this.#pressure(),
    };
  }

  #statsV1(): CgroupStats {
    const number = (controller: string, file: string): number | undefined => limit(this.read(controller, file));
    const current = number("memory", "memory.usage_in_bytes");
    const peak = number("memory", "memory.max_usage_in_bytes");
    const usage = number("cpuacct", "cpuacct.usage");
    const cpu = (key: string): number => this.#keyed("cpu", "cpu.stat", key) ?? 0;
    const pids = number("pids", "pids.current");
    return {
      memory: current === undefined ? undefined : { current, limit: number("memory", "memory.limit_in_bytes"), peak },
      cpu:
        usage === undefined
          ? undefined
          : { usage: usage / 1000, throttledPeriods: cpu("nr_throttled"), throttled: cpu("throttled_time") / 1000 },
      pids: pids === undefined ? undefined : { current: pids, limit: number("pids", "pids.max") },
      pressure: this.#pressure(),
    };
  }

  #pressure(): CgroupStats["pressure"] {
    const some = (name: string): Record<string, number> => {
      const found = /^some avg10=([\d.]+)/m.exec(this.read(UNIFIED, `${name}.pressure`) ?? "");
      return found === null ? {} : { [name]: Number(found[1]) };
    };
    return { ...some("cpu"), ...some("memory"), ...some("io") };
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

function limit(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseLimit(text);
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
