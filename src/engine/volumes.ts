// The folders behind -v. They are the user's data: made when a container first needs them, and only anonymous ones go with it.

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Facts } from "../core/facts.ts";
import { Refusal } from "../core/refusal.ts";
import { type Contents, removeTree } from "../core/remove-tree.ts";
import type { Stage } from "../stage/stage.ts";
import { errnoOf } from "../state/refusal.ts";
import type { Volume } from "./options/volume.ts";

/** The folder, or file, of the host that is mounted. `index` is the volume's position among the container's. */
export function volumeSource(volume: Volume, index: number, { dataDir }: Pick<Facts, "dataDir">, id: string): string {
  if (volume.kind === "bind") return volume.source;
  return join(dataDir, "volumes", volume.kind === "named" ? volume.source : anonymous(id, index), "_data");
}

/** Makes the folders that are not there yet; as with Docker, also those of the host that -v names. Not for a plan. */
export function makeVolumes(volumes: readonly Volume[], facts: Pick<Facts, "dataDir">, id: string): void {
  for (const [index, volume] of volumes.entries()) {
    const source = volumeSource(volume, index, facts, id);
    if (existsSync(source)) continue;
    try {
      // the way to a volume is minidocker's alone (CVE-2021-41091); what is in it belongs to the container
      if (volume.kind !== "bind") mkdirSync(dirname(source), { recursive: true, mode: 0o700 });
      mkdirSync(source, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw new Refusal(`--volume: ${source} is not there and cannot be made (${errnoOf(error) ?? String(error)})`);
    }
  }
}

/** Takes back the anonymous volumes of a container, with all that its users have put there. `planned`: those that it would have. */
export async function takeBackVolumes(
  host: Stage,
  facts: Facts,
  id: string,
  planned?: readonly Volume[],
): Promise<void> {
  const folder = join(facts.dataDir, "volumes");
  const there = planned?.flatMap(({ kind }, index) => (kind === "anonymous" ? [anonymous(id, index)] : []));
  for (const it of there ?? existing(folder, id)) {
    host.session.origin = { layer: "overlay", step: "take back volumes" };
    await removeTree(host, join(folder, it), facts, unused);
  }
  host.flush();
}

function existing(folder: string, id: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((it) => it.startsWith(`${id}-`)) : [];
}

const unused: Contents = [{ folder: "", folders: ["_data"] }];

// The id, which nobody can choose, tells whose it is.
function anonymous(id: string, index: number): string {
  return `${id}-${index}`;
}
