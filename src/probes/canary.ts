// Objects of our own on the host, at which probes aim.

import { mkdirSync, writeFileSync } from "node:fs";
import type { Attack, HostSide } from "./probe.ts";

/** What `prepare` left under that name. Throws where it was forgotten. */
export function canary(attack: Pick<Attack, "canaries">, name: string): number {
  const value = attack.canaries.get(name);
  if (value === undefined) throw new Error(`no canary is called ${name}`);
  return value as number;
}

/** The file that `canaryFile` has left. */
export function canaryPath({ canaries }: Pick<Attack, "canaries">): string {
  return String(canaries.get("file"));
}

/** As far as pids go in a container that lives for a moment: below, one of its own processes could be taken for the canary. */
const LOWEST = 400;

/** A process of ours, `pid`. It ends when its standard input does, so it cannot outlive this one. */
export async function canaryProcess({ canaries, onClose }: HostSide): Promise<void> {
  if (canaries.has("pid")) return;
  for (;;) {
    const process = Bun.spawn(["cat"], { stdin: "pipe", stdout: "ignore", stderr: "ignore", env: {} });
    const end = async (): Promise<void> => {
      process.kill("SIGKILL");
      await process.exited;
    };
    if (process.pid >= LOWEST) {
      canaries.set("pid", process.pid);
      return onClose(end);
    }
    await end();
  }
}

/** A file of ours, `file`, with one line in it. The folder goes at the end. */
export function canaryFile({ folder, canaries }: HostSide): void {
  if (canaries.has("file")) return;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/canary`;
  writeFileSync(path, "a file of the host\n", { mode: 0o644 });
  canaries.set("file", path);
}
