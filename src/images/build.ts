// Builds `base`: in a folder of its own, which gets its final name only when everything is in it. Of several processes
// that need it at once, one builds and the others wait for it; one that is killed leaves nothing that matters.
// Nothing is flushed to the disk: fsync(2) for 170 files would take longer than all the rest. Instead, the first run
// after a boot looks whether everything has arrived there.

import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recipeVersion } from "../../rootfs/recipe.ts";
import { tools } from "../../rootfs/tools.ts";
import { removeFolder, replaceFile } from "../state/files.ts";
import { withLock } from "../state/lock.ts";
import type { Paths } from "../state/paths.ts";
import { Refusal } from "../state/refusal.ts";
import { findProgram } from "./machine.ts";
import { currentRoot, type Source, stampText } from "./stamp.ts";
import { Tree } from "./tree.ts";

/** Returns the root file system. Throws a Refusal where it cannot be made. */
export function buildRoot(source: Source, paths: Paths): string {
  const base = join(paths.data, "base");
  mkdirSync(base, { recursive: true });
  return withLock(join(base, "lock"), () => {
    // whatever is in the making belongs to somebody who was killed
    for (const it of readdirSync(base)) if (it.startsWith(".build-")) removeFolder(join(base, it));
    return currentRoot(source, paths) ?? build(source, base);
  });
}

function build(source: Source, base: string): string {
  const making = join(base, `.build-${process.pid}`);
  const mask = process.umask(0o022);
  try {
    mkdirSync(join(making, "root"), { recursive: true });
    const tree = fill(source, join(making, "root"));
    const inputs = `${[recipeVersion, ...tree.inputs.values()].join("\n")}\n`;
    const stamp = stampText((source === "busybox" ? tree.inputs : tree.places).values());
    writeFileSync(join(making, "inputs"), inputs);
    writeFileSync(join(making, "stamp"), stamp);
    const name = `${source}-${Bun.hash(inputs).toString(16).padStart(16, "0")}`;
    const final = join(base, name);
    if (tree.isIn(join(final, "root"))) {
      replaceFile(join(final, "stamp"), stamp);
    } else {
      removeFolder(final);
      renameSync(making, final);
    }
    symlinkSync(name, join(base, `.build-${source}`));
    renameSync(join(base, `.build-${source}`), join(base, source));
    return join(final, "root");
  } finally {
    process.umask(mask);
    removeFolder(making);
  }
}

function fill(source: Source, root: string): Tree {
  try {
    const tree = new Tree(root);
    if (source === "tools") tree.addTools(tools.flatMap((it) => it.names.split(/\s+/)));
    else tree.addBusybox(findProgram("busybox") ?? missing());
    return tree;
  } catch (error) {
    throw new Refusal(`base cannot be made in ${root}: ${(error as Error).message}`);
  }
}

function missing(): never {
  throw new Error("there is no busybox on this machine; with MINIDOCKER_BASE=tools its own programs are taken");
}
