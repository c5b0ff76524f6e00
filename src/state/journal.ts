// The journal of intents: how to take back whatever a container has outside its process. An entry is written *before*
// the deed, so a crash at any moment leaves a journal that names at least everything that was made. It survives the
// process that writes it, which is all that is needed: what it names does not survive a reboot either.

import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import type { JournalEntry } from "../core/layer.ts";
import { replaceFile } from "./files.ts";
import { errnoOf, Refusal } from "./refusal.ts";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Adds one line, in one write(2). Throws a Refusal that names the file when it cannot; then the deed must not be done.
 */
export function appendIntent(dir: string, entry: JournalEntry): void {
  const path = `${dir}/journal`;
  const line = Buffer.from(`${JSON.stringify(entry)}\n`);
  try {
    const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      const written = writeSync(fd, line);
      if (written < line.length) {
        ftruncateSync(fd, fstatSync(fd).size - written); // a later entry must not be glued to half of this one
        throw Object.assign(new Error("short write"), { code: "ENOSPC" });
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new Refusal(`${path} cannot be written (${errnoOf(error)}), so nothing that needs undoing may be made`);
  }
}

/**
 * All intents, oldest first; empty where there is no journal. Lines that are no intents, a torn last one say, are
 * passed over.
 */
export function readJournal(dir: string): JournalEntry[] {
  let text: string;
  try {
    text = readFileSync(`${dir}/journal`, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => parse(line) ?? []);
}

/** Leaves these intents and no others: the rest has been taken back. */
export function keepIntents(dir: string, entries: readonly JournalEntry[]): void {
  replaceFile(`${dir}/journal`, entries.map((it) => `${JSON.stringify(it)}\n`).join(""));
}

function parse(line: string): JournalEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<JournalEntry> | null;
    const valid = typeof entry?.kind === "string" && typeof entry.layer === "string";
    return valid ? (entry as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}
