// What every container is made with, whoever it is made for: a program in the foreground (run.ts), or somebody who wants it to
// stand still (held.ts). Reserve, describe, construct; and take back.

import { ENOENT } from "../abi/errno.ts";
import { Construction } from "../core/pipeline.ts";
import { Refusal } from "../core/refusal.ts";
import type { Spec } from "../core/spec.ts";
import type { Answer, Pause, Stepper } from "../core/stepper.ts";
import type { Image } from "../images/image.ts";
import { resolveImage } from "../images/resolve.ts";
import { StageError } from "../stage/error.ts";
import type { Launched } from "../stage/launch.ts";
import type { Session, Stage } from "../stage/stage.ts";
import type { TraceRow } from "../stage/trace.ts";
import { appendIntent } from "../state/journal.ts";
import { containerDir, type Paths } from "../state/paths.ts";
import { identify } from "../state/process.ts";
import { createRecord, updateRecord, writeConfig } from "../state/record.ts";
import type { ContainerRecord } from "../state/shape.ts";
import type { Care } from "./care.ts";
import type { RunOptions } from "./options/index.ts";
import { findNetworkOwner } from "./peer.ts";
import { insist, recover } from "./recover.ts";
import { chooseCommand } from "./spec/program.ts";
import { buildSpec } from "./spec.ts";
import { makeVolumes } from "./volumes.ts";

/** Where the engine's words go; it prints nothing itself. */
export interface Console {
  notice(text: string): void;
  trace?(row: TraceRow): void;
  /** Answers the pauses of `--step`. */
  ask?(pause: Pause): Promise<Answer>;
}

/** A container that is being made. */
export interface Making extends Care {
  readonly options: RunOptions;
  readonly console: Console;
  readonly session: Session;
  readonly launched: Launched;
  readonly stepper: Stepper | undefined;
}

/** What has been wished for, found, and reserved; nothing is made yet. */
export interface Reserved {
  readonly record: ContainerRecord;
  readonly image: Image;
  readonly owner: ReturnType<typeof findNetworkOwner>;
}

/** The image, which may have to be built first: takes seconds then. */
export function findImage({ options, paths }: Pick<Making, "options" | "paths">): Promise<Image> {
  return resolveImage(options.image, paths);
}

export async function reserve(care: Care & Pick<Making, "options">, image: Image): Promise<Reserved> {
  const { options, paths } = care;
  const owner = findNetworkOwner(options.network, paths);
  return { image, owner, record: await reserveName(care, chooseCommand(options, image)) };
}

/** A name that belongs to a container whose minidocker was killed is free again, once that has been cleaned up. */
async function reserveName(care: Care & Pick<Making, "options">, command: readonly string[]): Promise<ContainerRecord> {
  const { options, paths } = care;
  const fields = {
    image: options.image,
    command,
    autoRemove: options.remove,
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  try {
    return createRecord(paths, fields);
  } catch (error) {
    if (!(error instanceof Refusal) || (await recover(care)).length === 0) throw error;
    return createRecord(paths, fields);
  }
}

/** Writes down what the container is to be. Throws a Refusal where that cannot be had. */
export function describe(
  { options, paths, facts, console }: Pick<Making, "options" | "paths" | "facts" | "console">,
  { image, owner, record: { id, name } }: Reserved,
): Spec {
  const spec = buildSpec(options, image, facts, { id, name, scratch: `${facts.dataDir}/containers/${id}`, ...owner });
  writeConfig(paths, id, spec);
  makeVolumes(options.volumes, facts, id);
  for (const notice of options.notices) console.notice(notice);
  return spec;
}

export function construct(
  { facts, session, launched, paths, console, stepper }: Making,
  spec: Spec,
  id: string,
): Construction {
  const dir = containerDir(paths, id);
  return new Construction({
    spec,
    facts,
    session,
    host: launched.stage,
    ...(stepper === undefined ? {} : { born: (pid: number) => stepper.follow(pid) }),
    journal: (entry) => appendIntent(dir, entry),
    notice: console.notice,
  });
}

export function filesOf(paths: Paths, id: string) {
  const dir = containerDir(paths, id);
  return { log: `${dir}/log`, record: `${dir}/exit` };
}

/** From now on the program's life is the container's. */
export function recordStart({ paths, launched }: Making, built: Construction, id: string): ContainerRecord {
  const program = identify(built.pid);
  const supervisor = identify(launched.pid);
  return updateRecord(paths, id, {
    status: "running",
    started: new Date().toISOString(),
    ...(program === undefined ? {} : { process: program }),
    ...(supervisor === undefined ? {} : { supervisor }),
  });
}

/** What cannot be taken back is told, and left to the next command. It is no reason to forget what has gone before. */
export async function putInOrder(
  { launched, console }: Pick<Making, "launched" | "console">,
  action: (host: Stage) => Promise<void>,
): Promise<void> {
  await insist(launched.stage, action).catch((error: unknown) => {
    console.notice(`${(error as Error).message}; the next command tries once more`);
  });
}

/** An execve that failed is the command's failure, with the shell's exit codes; any other failed call is ours. */
export function explained(error: unknown): unknown {
  if (!(error instanceof StageError) || error.callName !== "execve") return error;
  return new Refusal(error.message, error.errno === ENOENT ? 127 : 126);
}
