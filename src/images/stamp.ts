// Whether the `base` that was built last is still the right one. This is on the way to every container, so no more is
// done than to read the stamp and compare what it names: the one file of a static busybox. For the machine's own tools
// it names not their 170 files but the few folders that hold them: package managers rename new files into place, and
// that changes the folder's time.

import { readFileSync, readlinkSync, statSync } from "node:fs";
import { recipeVersion } from "../../rootfs/recipe.ts";
import { bootId } from "../core/boot.ts";
import type { Paths } from "../state/paths.ts";

/** Where the programs come from. */
export type Source = "busybox" | "tools";

/** The root file system, or undefined where it must be built. */
export function currentRoot(source: Source, paths: Paths): string | undefined {
  const link = `${paths.data}/base/${source}`;
  let stamp: string;
  try {
    stamp = readFileSync(`${link}/stamp`, "utf8");
  } catch {
    return undefined;
  }
  const [head, ...lines] = stamp.trimEnd().split("\n");
  if (head !== stampHead() || lines.some((it) => it !== describe(pathOf(it)))) return undefined;
  return `${paths.data}/base/${readlinkSync(link)}/root`;
}

/** The text of a stamp. */
export function stampText(descriptions: Iterable<string>): string {
  return `${[stampHead(), ...descriptions].join("\n")}\n`;
}

// The boot, because the machine may have lost its power before everything was on the disk: see build.ts.
function stampHead(): string {
  return `recipe ${recipeVersion} boot ${bootId()}`;
}

/** Time of change, size and path of a file or folder in a line; empty where there is none. */
export function describe(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.mtimeMs} ${found.size} ${path}`;
}

function pathOf(description: string): string {
  return description.split(" ").slice(2).join(" ");
}
