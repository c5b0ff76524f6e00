// `run`: from options to an exit code. Reserve, build, supervise, take back.

import { Cgroup } from "../core/cgroup.ts";
import { Construction } from "../core/pipeline.ts";
import { probeFacts } from "../core/probe.ts";
import { Refusal } from "../core/refusal.ts";
import type { Spec } from "../core/spec.ts";
import { type Answer, type Pause, Stepper } from "../core/stepper.ts";
import { exitCode, superviseProgram, wasKilled } from "../core/supervise.ts";
import { resolveImage } from "../images/resolve.ts";
import { layers as theSeven } from "../layers/index.ts";
import { StageError } from "../stage/error.ts";
import { type Launched, launch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import type { TraceRow } from "../stage/trace.ts";
import { appendIntent } from "../state/journal.ts";
import { containerDir, openPaths, type Paths } from "../state/paths.ts";
import { identify } from "../state/process.ts";
import { createRecord, updateRecord, writeConfig } from "../state/record.ts";
import type { ContainerRecord } from "../state/shape.ts";
import type { Care } from "./care.ts";
import { observe } from "./observe.ts";
import type { RunOptions } from "./options/index.ts";
import { findNetworkOwner } from "./peer.ts";
import { phasesFor } from "./phases.ts";
import { withPlugins } from "./plugins.ts";
import { finish, forget, insist, recover, takeBackRuntime } from "./recover.ts";
import { forwardSignals } from "./signals.ts";
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

interface Run extends Care {
  readonly options: RunOptions;
  readonly console: Console;
  readonly session: Session;
  readonly launched: Launched;
  readonly stepper: Stepper | undefined;
}

/** Runs a container in the foreground. Resolves with Docker's exit code; throws where the program never ran. */
export async function run(options: RunOptions, console: Console): Promise<number> {
  const paths = openPaths();
  const session = new Session();
  observe(session, console.trace);
  const { step } = options;
  const stepper = step === undefined || console.ask === undefined ? undefined : new Stepper(session, step, console.ask);
  if (stepper !== undefined) session.observers.push(stepper);
  // first, because it takes a while; nothing is asked of it before the container is described
  const launched = await launch(session);
  try {
    const layers = await withPlugins(theSeven, options.plugins);
    const it: Run = { options, console, paths, facts: probeFacts(paths), layers, session, launched, stepper };
    return await inContainer(it);
  } finally {
    launched.close();
  }
}

async function inContainer(it: Run): Promise<number> {
  const { options, paths, facts, layers, launched } = it;
  const image = await resolveImage(options.image, paths);
  const owner = findNetworkOwner(options.network, paths);
  const record = await reserve(it, chooseCommand(options, image));
  let built: Construction | undefined;
  try {
    const { id, name } = record;
    const spec = buildSpec(options, image, facts, { id, name, scratch: `${facts.dataDir}/containers/${id}`, ...owner });
    it.stepper?.describe(layers, spec);
    writeConfig(paths, id, spec);
    makeVolumes(options.volumes, facts, id);
    for (const notice of options.notices) it.console.notice(notice);
    built = construct(it, spec, record);
    await built.build(phasesFor(layers, { ...options, files: filesOf(paths, id) }));
    it.stepper?.finish();
    return await supervise(it, built, record);
  } catch (error) {
    it.stepper?.finish();
    // a stage that waits for orders ends when its channel does; what it holds open goes with it
    built?.release();
    launched.stage.discard();
    await putInOrder(it, (host) => finish(it, host, record.id));
    throw explained(error);
  }
}

/** What cannot be taken back is told, and left to the next command. It is no reason to forget what has gone before. */
async function putInOrder({ launched, console }: Run, action: (host: Stage) => Promise<void>): Promise<void> {
  await insist(launched.stage, action).catch((error: unknown) => {
    console.notice(`${(error as Error).message}; the next command tries once more`);
  });
}

/** A name that belongs to a container whose minidocker was killed is free again, once that has been cleaned up. */
async function reserve(it: Run, command: readonly string[]): Promise<ContainerRecord> {
  const { options, paths } = it;
  const fields = {
    image: options.image,
    command,
    autoRemove: options.remove,
    ...(options.name === undefined ? {} : { name: options.name }),
  };
  try {
    return createRecord(paths, fields);
  } catch (error) {
    if (!(error instanceof Refusal) || (await recover(it)).length === 0) throw error;
    return createRecord(paths, fields);
  }
}

function construct(
  { facts, session, launched, paths, console }: Run,
  spec: Spec,
  { id }: ContainerRecord,
): Construction {
  const dir = containerDir(paths, id);
  return new Construction({
    spec,
    facts,
    session,
    host: launched.stage,
    journal: (entry) => appendIntent(dir, entry),
    notice: console.notice,
  });
}

function filesOf(paths: Paths, id: string) {
  const dir = containerDir(paths, id);
  return { log: `${dir}/log`, record: `${dir}/exit` };
}

async function supervise(it: Run, built: Construction, record: ContainerRecord): Promise<number> {
  const { paths, launched, options, facts } = it;
  const program = identify(built.pid);
  const supervisor = identify(launched.pid);
  updateRecord(paths, record.id, {
    status: "running",
    started: new Date().toISOString(),
    ...(program === undefined ? {} : { process: program }),
    ...(supervisor === undefined ? {} : { supervisor }),
  });
  const stopForwarding = forwardSignals(launched.pid, options.terminal, () => process.kill(built.pid, "SIGKILL"));
  const ended = superviseProgram(built).finally(stopForwarding);
  // while the program runs there is time to finish what others have left
  const others = recover({ ...it, notice: it.console.notice }).catch((error: unknown) =>
    it.console.notice((error as Error).message),
  );
  const [status] = await Promise.all([ended, others]);
  const killedForMemory = wasKilled(status) && Cgroup.of(facts.cgroup, record.id).oomKilled;
  if (killedForMemory) it.console.notice(memoryMessage(built.spec));
  const code = exitCode(status);
  await putInOrder(it, (host) =>
    options.remove ? forget(it, host, record.id) : conclude(it, host, record, code, killedForMemory),
  );
  return code;
}

async function conclude(
  it: Run,
  host: Stage,
  { id }: ContainerRecord,
  code: number,
  oomKilled: boolean,
): Promise<void> {
  await takeBackRuntime(it, host, id);
  updateRecord(it.paths, id, { status: "exited", exitCode: code, oomKilled, finished: new Date().toISOString() });
}

function memoryMessage(spec: Spec): string {
  const limit = spec.linux.resources?.memory?.limit;
  const what =
    limit === undefined ? "the machine's memory ran out" : `its memory limit of ${limit / 1024 / 1024} MiB was reached`;
  return `out of memory: ${what}, and the kernel killed the program (exit code 137)`;
}

/** An execve that failed is the command's failure, with the shell's exit codes; any other failed call is ours. */
function explained(error: unknown): unknown {
  if (!(error instanceof StageError) || error.callName !== "execve") return error;
  return new Refusal(error.message, error.errno === 2 ? 127 : 126);
}
