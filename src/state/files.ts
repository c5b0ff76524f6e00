// Writing and removing files so that a crash in between does no harm.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => unescape(line.split(" ")[4] ?? ""));
  const found = points.find((it) => it === folder || it.startsWith(`${folder}/`));
  if (found === undefined) return;
  throw new Refusal(`${folder} is not removed, because something is mounted at ${found}: umount it first`, 1);
}

// proc_pid_mountinfo(5): blanks and backslashes are written as octal numbers.
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Removes a folder with all that is in it, following no link; nothing happens where there is none. */
export function removeTree(folder: string): void {
  refuseMounts(folder);
  rmSync(folder, { recursive: true, force: true });
}
