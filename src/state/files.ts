// Writing and removing files so that a crash in between does no harm.

import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { View } from "../core/view.ts";
import { errnoOf, Refusal } from "./refusal.ts";

/** Puts `text` in the place of the file: readers see the old contents or the new, never a part. Mode 0600. */
export function replaceFile(path: string, text: string): void {
  const next = `${path}.${process.pid}.new`;
  try {
    writeFileSync(next, text, { mode: 0o600 });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw errnoOf(error) === "ENOENT" ? error : notWritten(path, error);
  }
}

/** A file that is not there yet, in a folder that nobody else looks at. Mode 0600. */
export function writeFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, error: unknown): Error {
  const errno = errnoOf(error);
  const remedy = errno === "ENOSPC" || errno === "EDQUOT" ? ": no space is left there" : "";
  return new Refusal(`${path} cannot be written (${errno})${remedy}`);
}

/** Throws a Refusal while something is mounted at or below `folder`, for removing it would reach through the mount. */
export function refuseMounts(folder: string): void {
  const text = readFileSync("/proc/self/mountinfo", "utf8");
  const written = folder.replace(/[\\\s]/g, (it) => `\\${it.charCodeAt(0).toString(8).padStart(3, "0")}`);
  if (!text.includes(` ${written} `) && !text.includes(` ${written}/`)) return; // mostly
  const found = new View(process.pid).mounts.find(({ point }) => point === folder || point.startsWith(`${folder}/`));
  if (found === undefined) return;
  throw new Refusal(`${folder} is not removed, because something is mounted at ${found.point}: umount it first`, 1);
}

/**
 * Removes a folder with all that is in it, following no link; nothing happens where there is none. The caller has
 * looked for mounts below it.
 */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== "EACCES") throw error;
    openUp(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

// overlayfs makes work/work with mode 0, and so can programs with their folders; without root that keeps even the owner
// out.
function openUp(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openUp(`${folder}/${entry.name}`);
  }
}
