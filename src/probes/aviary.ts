// The aviary, the host's side of a run of probes: the canaries, and one stage in the host's namespaces that makes them. Whatever it
// leaves when this process is killed is a folder named after it, which the next run removes.

import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { type Launched, launch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import type { Paths } from "../state/paths.ts";
import { isAlive, self } from "../state/process.ts";
import type { HostSide, Probe } from "./probe.ts";

export class Aviary implements HostSide {
  readonly folder: string;
  readonly stage: Stage;
  readonly canaries = new Map<string, string | number>();
  readonly #all: string;
  readonly #launched: Launched;
  readonly #undo: (() => void | Promise<void>)[] = [];
  readonly #prepared = new Set<string>();

  private constructor(all: string, launched: Launched) {
    this.#all = all;
    this.#launched = launched;
    this.stage = launched.stage;
    this.folder = `${all}/${ownName()}`;
  }

  static async open({ state }: Pick<Paths, "state">): Promise<Aviary> {
    const all = `${state}/probes`;
    sweep(all);
    const session = new Session();
    session.origin = { layer: "probe", step: "put canaries on the host" };
    return new Aviary(all, await launch(session));
  }

  /** Makes what the probe aims at, once, however often it is tried. */
  async prepare(probe: Probe): Promise<void> {
    if (this.#prepared.has(probe.name)) return;
    this.#prepared.add(probe.name);
    await probe.prepare?.(this);
    this.stage.flush();
  }

  readonly onClose = (action: () => void | Promise<void>): void => {
    this.#undo.push(action);
  };

  async close(): Promise<void> {
    for (const it of this.#undo.reverse()) await it();
    this.stage.discard();
    this.#launched.close();
    await this.#launched.ended;
    rmSync(this.folder, { recursive: true, force: true });
    sweep(this.#all);
  }
}

// A process id counts only together with the time at which it began.
function ownName(): string {
  const { pid, startTime, bootId } = self();
  return `${pid}-${startTime}-${bootId}`;
}

/** Removes what processes that are no more have left. */
function sweep(all: string): void {
  for (const name of listed(all)) {
    const [pid = "", startTime = "", ...boot] = name.split("-");
    const owner = { pid: Number(pid), startTime: Number(startTime), bootId: boot.join("-") };
    if (!isAlive(owner)) rmSync(`${all}/${name}`, { recursive: true, force: true });
  }
  try {
    rmdirSync(all);
  } catch {
    // it is not there, or somebody else probes, too
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
