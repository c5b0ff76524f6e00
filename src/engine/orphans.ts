// Writable layers without a container. What is known of containers is lost with a reboot (/run), what they have written is not.

import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { bootId } from "../core/boot.ts";
import { parseOwner } from "../core/owner.ts";
import { unwind } from "../core/pipeline.ts";
import type { Stage } from "../stage/stage.ts";
import type { Paths } from "../state/paths.ts";
import type { Care } from "./care.ts";
import { takeBackVolumes } from "./volumes.ts";

const folder = ({ data }: Pick<Paths, "data">): string => `${data}/containers`;

/** Ids of containers of earlier boots whose state is gone. Nothing of the current one: its state may be hidden from here. */
export function orphans(paths: Paths): string[] {
  return list(folder(paths)).filter((id) => {
    const owner = parseOwner(target(`${folder(paths)}/${id}/owner`));
    return owner !== undefined && owner.bootId !== bootId() && !existsSync(`${owner.stateDir}/containers/${id}`);
  });
}

export async function removeOrphan({ paths, layers, facts }: Care, host: Stage, id: string): Promise<void> {
  // first, since it is by its layer that the container is found
  await takeBackVolumes(host, facts, id);
  await unwind([{ layer: "overlay", kind: "scratch", path: `${folder(paths)}/${id}` }], layers, host, facts);
}

function list(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
