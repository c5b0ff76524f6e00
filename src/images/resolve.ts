// From a name on the command line to a root file system: `base`, or a folder that has one.

import { readdirSync, realpathSync, statSync } from "node:fs";
import type { Paths } from "../state/paths.ts";
import { errnoOf, Refusal } from "../state/refusal.ts";
import { baseImage, plannedBase } from "./base.ts";
import { defaultPath, type Image } from "./image.ts";

/** Throws a Refusal that says what would be understood. Builds `base` where it is not there yet, unless it is only for a plan. */
export async function resolveImage(name: string, paths: Paths, { plan = false } = {}): Promise<Image> {
  if (name === "base") return plan ? plannedBase(paths) : baseImage(paths);
  if (/^(\/|\.\.?(\/|$))/.test(name) || (name.includes("/") && isFolder(name))) return folderImage(name);
  const hint = name !== "" && isFolder(name) ? `; there is a folder of that name: ./${name} means it` : "";
  throw new Refusal(
    `no image or folder is called ${name || '""'}; here: base, or a folder with a root file system such as ./rootfs${hint}`,
  );
}

function isFolder(name: string): boolean {
  try {
    return statSync(name).isDirectory();
  } catch {
    return false;
  }
}

// A folder brings no configuration of its own. A shell is what chroot(1) starts, too.
function folderImage(name: string): Image {
  const folder = rootOf(name);
  return { name, kind: "folder", lower: [folder], config: { Env: [defaultPath], Cmd: ["/bin/sh"], WorkingDir: "/" } };
}

function rootOf(name: string): string {
  try {
    const folder = realpathSync(name);
    if (readdirSync(folder).length === 0)
      throw new Refusal(`${name} is empty: a root file system has at least a program to run`);
    return folder;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") throw new Refusal(`no such folder: ${name} (seen from ${process.cwd()})`);
    if (errno === "ENOTDIR") throw new Refusal(`${name} is not a folder: a folder with a root file system is needed`);
    if (errno !== undefined) throw new Refusal(`${name} cannot be read (${errno})`);
    throw error;
  }
}
