// What is known about a container between two commands: `state.json` in its folder. It is only ever replaced as a
// whole, so readers see the old one or the new one. What cannot be read any more is reported as damaged, with its id
// and name, so that it can still be removed.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import type { Spec } from "../core/spec.ts";
import { refuseMounts, removeFolder, replaceFile, writeFile } from "./files.ts";
import { withLock } from "./lock.ts";
import { checkName, generateName, newId, shortId } from "./names.ts";
import { containerDir, type Paths } from "./paths.ts";
import { isAlive, self } from "./process.ts";
import { errnoOf, Refusal } from "./refusal.ts";
import { nameOfId, releaseName, reserveName, stagingDir } from "./reserve.ts";
import { type ContainerRecord, parseRecord } from "./shape.ts";

/** Thrown by `readRecord`. The rest of the container's folder, the journal above all, may well be sound. */
export class DamagedState extends Error {
  override readonly name = "DamagedState";
}

type Changes = Partial<Omit<ContainerRecord, "id" | "name" | "created" | "creator">>;

/**
 * Makes a container's folder, with the status `creating`, and reserves its name; without one, a name is made up.
 * Of several callers with the same name exactly one succeeds; the others get a Refusal in Docker's words.
 */
export function createRecord(
  paths: Paths,
  fields: Pick<ContainerRecord, "image" | "command" | "autoRemove"> & { readonly name?: string },
): ContainerRecord {
  const { name: wanted, ...rest } = fields;
  if (wanted !== undefined) checkName(wanted);
  const id = newId();
  const staging = stagingDir(paths, id);
  mkdirSync(staging, { mode: 0o700 });
  try {
    for (let attempt = 0; ; attempt++) {
      const name = wanted ?? generateName(attempt);
      const created = new Date().toISOString();
      const record: ContainerRecord = { id, name, status: "creating", ...rest, created, creator: self() };
      writeFile(`${staging}/state.json`, pretty(record));
      const holder = reserveName(paths, name, id);
      if (holder === undefined) {
        renameSync(staging, containerDir(paths, id));
        return record;
      }
      if (wanted !== undefined) throw conflict(wanted, holder);
    }
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw error;
  }
}

/** Throws a Refusal where there is no such container, DamagedState where its `state.json` cannot be used. */
export function readRecord(paths: Paths, id: string): ContainerRecord {
  const path = `${containerDir(paths, id)}/state.json`;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !existsSync(containerDir(paths, id))) throw noSuchContainer(id);
    throw new DamagedState(`${path} cannot be read (${errnoOf(error)})`);
  }
  const record = parseRecord(text, id);
  if (typeof record === "string") throw new DamagedState(`${path} ${record}`);
  return record;
}

/** Replaces some fields; other processes' changes are kept. Returns the whole record as it is now. */
export function updateRecord(paths: Paths, id: string, changes: Changes): ContainerRecord {
  const dir = containerDir(paths, id);
  try {
    return withLock(`${dir}/`, () => {
      const record = { ...readRecord(paths, id), ...changes };
      replaceFile(`${dir}/state.json`, pretty(record));
      return record;
    });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw noSuchContainer(id);
    throw error;
  }
}

/**
 * Forgets the container: its folder with all that is in it, and its name. Whatever the journal names must be undone
 * already. Does nothing where it is gone. Refuses while its process runs or something is mounted below the folder.
 */
export function removeRecord(paths: Paths, id: string): void {
  const dir = containerDir(paths, id);
  const record = tryRecord(paths, id);
  if (record?.process !== undefined && isAlive(record.process)) throw stillRunning(record.name);
  refuseMounts(dir);
  const name = record?.name ?? nameOfId(paths, id);
  const gone = stagingDir(paths, id);
  try {
    renameSync(dir, gone);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw error;
  }
  if (name !== undefined) releaseName(paths, name, id);
  removeFolder(gone);
}

/** The OCI configuration of the container. Holds its environment, therefore 0600 like all the files here. */
export function writeConfig(paths: Paths, id: string, spec: Spec): void {
  replaceFile(`${containerDir(paths, id)}/config.json`, pretty(spec));
}

/** Throws DamagedState where it cannot be used. */
export function readConfig(paths: Paths, id: string): Spec {
  const path = `${containerDir(paths, id)}/config.json`;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Spec;
  } catch (error) {
    throw new DamagedState(`${path} cannot be read (${errnoOf(error) ?? (error as Error).message})`);
  }
}

// People read these, too.
function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function tryRecord(paths: Paths, id: string): ContainerRecord | undefined {
  try {
    return readRecord(paths, id);
  } catch {
    return undefined;
  }
}

export function noSuchContainer(reference: string): Refusal {
  return new Refusal(`No such container: ${reference}`, 1);
}

function stillRunning(name: string): Refusal {
  return new Refusal(`container ${name} is running: end it first, or remove it by force (rm -f)`, 1);
}

function conflict(name: string, holder: string): Refusal {
  const remedy = "remove that one, or choose another name";
  return new Refusal(
    `Conflict. The container name "${name}" is already in use by container ${shortId(holder)}: ${remedy}`,
  );
}
