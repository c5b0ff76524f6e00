// Containers that nobody looks after any more: their minidocker was killed, or the machine was restarted. The next command
// that meets one finishes what was begun: it takes back what the journal names, and says how the container ended.

import { existsSync, readFileSync } from "node:fs";
import type { JournalEntry } from "../core/layer.ts";
import { unwind } from "../core/pipeline.ts";
import { exitCode } from "../core/supervise.ts";
import { launch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import { exitRecord } from "../stage/wire.ts";
import { findContainer, listRecords } from "../state/find.ts";
import { keepIntents, readJournal } from "../state/journal.ts";
import { withLockAsync } from "../state/lock.ts";
import { containerDir, type Paths } from "../state/paths.ts";
import { isAlive } from "../state/process.ts";
import { readRecord, removeRecord, updateRecord } from "../state/record.ts";
import { errnoOf } from "../state/refusal.ts";
import { sweep } from "../state/reserve.ts";
import type { ContainerRecord, Listed } from "../state/shape.ts";
import type { Care } from "./care.ts";
import { endAbandoned } from "./descendants.ts";
import { orphans, removeOrphan } from "./orphans.ts";
import { withAuthors } from "./plugins.ts";
import { takeBackVolumes } from "./volumes.ts";

/** What is there as long as the container's record is: its writable layer. */
export const lasting = (intent: JournalEntry): boolean => intent["lasting"] === true;

/** Takes back what belongs to the running program, and keeps what belongs to the container. */
export async function takeBackRuntime(care: Care, host: Stage, id: string): Promise<void> {
  const { paths, facts } = care;
  const dir = containerDir(paths, id);
  const entries = readJournal(dir);
  const ended = entries.filter((it) => !lasting(it));
  await unwind(ended, await withAuthors(care, id, ended), host, facts);
  keepIntents(dir, entries.filter(lasting));
}

/** Takes back everything but what is known of the container: it could be made once more. */
export async function takeBackAll(care: Care, host: Stage, id: string): Promise<void> {
  await unwindAll(care, host, id);
  keepIntents(containerDir(care.paths, id), []);
}

/** Takes back everything and forgets the container. */
export async function forget(care: Care, host: Stage, id: string): Promise<void> {
  await unwindAll(care, host, id);
  removeRecord(care.paths, id);
}

async function unwindAll(care: Care, host: Stage, id: string): Promise<void> {
  const entries = readJournal(containerDir(care.paths, id));
  await unwind(entries, await withAuthors(care, id, entries), host, care.facts);
  await takeBackVolumes(host, care.facts, id);
}

/**
 * Calls `action` with a stage that can take things back: `host`, and if that cannot do it, another one, for a stage may have
 * been killed, or have reached a limit. What is taken back twice does no harm.
 */
export async function insist(host: Stage, action: (host: Stage) => Promise<void>): Promise<void> {
  try {
    await action(host);
  } catch {
    host.discard();
    await withHost(action);
  }
}

/** Calls `action` with a stage of its own. */
export async function withHost<T>(action: (host: Stage) => Promise<T>): Promise<T> {
  const launched = await launch(new Session());
  try {
    return await action(launched.stage);
  } finally {
    launched.close();
  }
}

/** Unfinished business: it has not ended in an orderly way, and no process takes care of it. */
function isAbandoned(record: Listed): record is ContainerRecord {
  if (record.status === "damaged" || record.status === "exited") return false;
  const attendants = [record.creator, record.supervisor, record.process].filter((it) => it !== undefined);
  return !attendants.some(isAlive);
}

/**
 * Completes or removes every abandoned container. Returns their names. A stage is made only when there is something to do.
 * Goes on after a failure, and throws the first one when all the rest is done.
 */
export async function recover(care: Care): Promise<string[]> {
  const { paths } = care;
  sweep(paths);
  const list = listRecords(paths).filter(isAbandoned);
  const layers = orphans(paths);
  if (list.length + layers.length === 0) return [];
  const problems: unknown[] = [];
  const attempt = (action: () => Promise<unknown>): Promise<unknown> => action().catch((it) => problems.push(it));
  await withHost(async (host) => {
    for (const { id } of list) await attempt(() => exclusively(paths, id, () => finishAbandoned(care, host, id)));
    for (const id of layers) await attempt(() => removeOrphan(care, host, id));
  });
  if (problems.length > 0) throw problems[0];
  return list.map((it) => it.name);
}

/** Somebody may have been faster: it is looked at once more. */
async function finishAbandoned(care: Care, host: Stage, id: string): Promise<void> {
  if (isAbandoned(findContainer(care.paths, id))) await insist(host, (stage) => finish(care, stage, id));
}

/** For a container that nobody else looks after. One that never came to run, or was to vanish anyhow, is not kept. */
export async function finish(care: Care, host: Stage, id: string): Promise<void> {
  const { paths } = care;
  const { status, autoRemove } = readRecord(paths, id);
  await endAbandoned(paths, id);
  if (status === "creating" || autoRemove) return forget(care, host, id);
  await takeBackRuntime(care, host, id);
  const ending = readEnding(`${containerDir(paths, id)}/exit`);
  updateRecord(paths, id, { status: "exited", exitCode: ending ?? 137, finished: new Date().toISOString() });
}

/** Runs `action` while no other command puts this container in order. Undefined where there is no such container any more. */
export async function exclusively<T>(paths: Paths, id: string, action: () => Promise<T>): Promise<T | undefined> {
  const dir = containerDir(paths, id);
  const ifThere = async (): Promise<T | undefined> => (existsSync(dir) ? action() : undefined);
  try {
    return await withLockAsync(`${dir}/lock`, ifThere);
  } catch (error) {
    const errno = errnoOf(error);
    // on a full disk no lock can be made, and removing a container is what makes room
    if (errno === "ENOSPC" || errno === "EDQUOT") return ifThere();
    if (errno === "ENOENT" && !existsSync(dir)) return undefined;
    throw error;
  }
}

/** The exit code that the supervisor has written down, if it lived to do so. */
function readEnding(file: string): number | undefined {
  try {
    const bytes = readFileSync(file);
    if (bytes.length < exitRecord.size) return undefined;
    return exitCode(exitRecord.decode(new DataView(bytes.buffer, bytes.byteOffset)).status);
  } catch {
    return undefined;
  }
}
