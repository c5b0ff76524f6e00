// Containers that nobody looks after any more: their minidocker was killed, or the machine was restarted. The next command
// that meets one finishes what was begun: it takes back what the journal names, and says how the container ended.

import { readFileSync } from "node:fs";
import type { Facts } from "../core/facts.ts";
import type { JournalEntry, Layer } from "../core/layer.ts";
import { unwind } from "../core/pipeline.ts";
import { exitCode } from "../core/supervise.ts";
import { launch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import { exitRecord } from "../stage/wire.ts";
import { listRecords } from "../state/find.ts";
import { keepIntents, readJournal } from "../state/journal.ts";
import { containerDir, type Paths } from "../state/paths.ts";
import { isAlive } from "../state/process.ts";
import { removeRecord, updateRecord } from "../state/record.ts";
import { sweep } from "../state/reserve.ts";
import type { ContainerRecord, Listed } from "../state/shape.ts";
import { removeAnonymousVolumes } from "./volumes.ts";

/** What is there as long as the container's record is: its writable layer. */
export const lasting = (intent: JournalEntry): boolean => intent["lasting"] === true;

/** Takes back what belongs to the running program, and keeps what belongs to the container. */
export async function takeBackRuntime(
  paths: Paths,
  id: string,
  layers: readonly Layer[],
  host: Stage,
  facts: Facts,
): Promise<void> {
  const dir = containerDir(paths, id);
  const entries = readJournal(dir);
  await unwind(
    entries.filter((it) => !lasting(it)),
    layers,
    host,
    facts,
  );
  keepIntents(dir, entries.filter(lasting));
}

/** Takes back everything and forgets the container. */
export async function forget(
  paths: Paths,
  id: string,
  layers: readonly Layer[],
  host: Stage,
  facts: Facts,
): Promise<void> {
  await unwind(readJournal(containerDir(paths, id)), layers, host, facts);
  removeAnonymousVolumes(facts, id);
  removeRecord(paths, id);
}

/** Whether some process still takes care of the container, or will. */
function attended(record: Listed): boolean {
  if (record.status === "damaged") return false;
  if (record.status === "exited") return true;
  const attendants = [record.creator, record.supervisor, record.process].filter((it) => it !== undefined);
  return attendants.some(isAlive);
}

/** Ids of containers that are unfinished business. Cheap: it reads their records. */
export function abandoned(paths: Paths): Listed[] {
  return listRecords(paths).filter((it) => it.status !== "damaged" && !attended(it));
}

/**
 * Completes or removes every abandoned container. Returns their names. `host` is made only when there is something to do.
 */
export async function recover(paths: Paths, layers: readonly Layer[], facts: Facts): Promise<string[]> {
  sweep(paths);
  const list = abandoned(paths);
  if (list.length === 0) return [];
  const launched = await launch(new Session());
  try {
    for (const record of list) await finish(paths, record as ContainerRecord, layers, launched.stage, facts);
  } finally {
    launched.close();
  }
  return list.map((it) => it.name);
}

async function finish(
  paths: Paths,
  record: ContainerRecord,
  layers: readonly Layer[],
  host: Stage,
  facts: Facts,
): Promise<void> {
  // one that never came to run, or was to vanish anyhow, has nothing that anybody would miss
  if (record.status === "creating" || record.autoRemove) return forget(paths, record.id, layers, host, facts);
  await takeBackRuntime(paths, record.id, layers, host, facts);
  const ending = readEnding(`${containerDir(paths, record.id)}/exit`);
  updateRecord(paths, record.id, { status: "exited", exitCode: ending ?? 137, finished: new Date().toISOString() });
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
