// What containers have left in minidocker's own folders. What they have left elsewhere is the guard's part (guard.ts).

import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { PrivateHost } from "./private-host.ts";

/** Below each of these, everything belongs to some container. */
const folders = ["state/containers", "state/names", "state/network/leases", "data/containers", "data/volumes"] as const;

/** Paths below minidocker's folders that belong to containers, of root or of the ordinary user; empty when all are gone. */
export function remains(host: PrivateHost, { rootless = false } = {}): string[] {
  const own = join(host.folder, rootless ? "user" : "root");
  return folders.flatMap((folder) => list(join(own, folder)).map((name) => `${folder}/${name}`));
}

/** The id of the container that has the name. */
export function idOf(host: PrivateHost, name: string): string {
  return readlinkSync(join(host.folder, "root/state/names", name))
    .split("/")
    .at(-1) as string;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
}
