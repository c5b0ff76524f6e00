// `run`: from options to an exit code. Reserve, build, supervise, take back.

import { errnoName } from "../abi/errno.ts";
import { Cgroup } from "../core/cgroup.ts";
import { findFacts } from "../core/find-facts.ts";
import type { Construction } from "../core/pipeline.ts";
import type { Spec } from "../core/spec.ts";
import { Stepper } from "../core/stepper.ts";
import { exitCode, superviseProgram } from "../core/supervise.ts";
import type { Image } from "../images/image.ts";
import { layers as theSeven } from "../layers/index.ts";
import { beginLaunch } from "../stage/launch.ts";
import { Session, type Stage } from "../stage/stage.ts";
import { openPaths } from "../state/paths.ts";
import { updateRecord } from "../state/record.ts";
import type { ContainerRecord } from "../state/shape.ts";
import { endLeftBehind } from "./descendants.ts";
import { type HeldInterrupts, holdInterrupts } from "./interrupts.ts";
import {
  type Console,
  construct,
  describe,
  explained,
  filesOf,
  findImage,
  type Making,
  putInOrder,
  recordStart,
  reserve,
} from "./making.ts";
import { observe } from "./observe.ts";
import type { RunOptions } from "./options/index.ts";
import { phasesFor } from "./phases.ts";
import { withPlugins } from "./plugins.ts";
import { finish, forget, recover, takeBackRuntime } from "./recover.ts";
import { forwardSignals } from "./signals.ts";

export type { Console } from "./making.ts";

/** Runs a container in the foreground. Resolves with Docker's exit code; throws where the program never ran. */
export async function run(options: RunOptions, console: Console): Promise<number> {
  const paths = openPaths();
  const session = new Session();
  observe(session, console.trace);
  const { step } = options;
  const stepper = step === undefined || console.ask === undefined ? undefined : new Stepper(session, step, console.ask);
  if (stepper !== undefined) session.observers.push(stepper);
  // first, because it takes a while
  const launching = await beginLaunch(session);
  try {
    const layers = await withPlugins(theSeven, options.plugins);
    const facts = findFacts(paths);
    const launched = await launching.finish();
    return await inContainer({ options, console, paths, facts, layers, session, launched, stepper });
  } finally {
    launching.close();
  }
}

async function inContainer(it: Making): Promise<number> {
  const image = await findImage(it);
  // from the first trace on the host to the last, whoever wants it to end waits until it is put in order
  const interrupts = holdInterrupts();
  try {
    return await fromImage(it, image, interrupts);
  } finally {
    interrupts.stop();
  }
}

async function fromImage(it: Making, image: Image, interrupts: HeldInterrupts): Promise<number> {
  const { options, paths, layers, launched } = it;
  const reserved = await reserve(it, image);
  const { record } = reserved;
  let built: Construction | undefined;
  try {
    const spec = describe(it, reserved);
    it.stepper?.describe(layers, spec);
    built = construct(it, spec, record.id);
    const phases = phasesFor(layers, { ...options, files: filesOf(paths, record.id) });
    await built.build(phases.slice(0, -1));
    await interrupts.look();
    await built.build(phases.slice(-1));
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

async function supervise(it: Making, built: Construction, record: ContainerRecord): Promise<number> {
  const { options, facts } = it;
  const started = recordStart(it, built, record.id);
  const stopForwarding = forwardSignals(started, options, it.console.notice);
  const ended = superviseProgram(built).finally(stopForwarding);
  // while the program runs there is time to finish what others have left
  const others = recover({ ...it, notice: it.console.notice }).catch((error: unknown) =>
    it.console.notice((error as Error).message),
  );
  const [{ status, lost }] = await Promise.all([ended, others, endLeftBehind(built.spec, started)]);
  const code = exitCode(status);
  const oomKilled = mayBeMemory(built.spec, code) && Cgroup.of(facts.cgroup, record.id).oomKilled;
  if (oomKilled) it.console.notice(memoryMessage(built.spec, code));
  await putInOrder(it, (host) =>
    options.remove ? forget(it, host, record.id) : conclude(it, host, record, code, oomKilled),
  );
  if (lost === 0) return code;
  it.console.notice(`some of its output is lost: writing it to stdout or stderr = ${errnoName(lost)}`);
  return code === 0 ? FAILED : code;
}

/** Whoever asks for the output of a program is not to take a part of it for all. */
const FAILED = 125;

async function conclude(
  it: Making,
  host: Stage,
  { id }: ContainerRecord,
  code: number,
  oomKilled: boolean,
): Promise<void> {
  await takeBackRuntime(it, host, id);
  updateRecord(it.paths, id, { status: "exited", exitCode: code, oomKilled, finished: new Date().toISOString() });
}

/** Under an init or a shell the program that was killed is not the one whose status is known; 137 is how they pass it on. */
function mayBeMemory({ linux }: Spec, code: number): boolean {
  return code === 137 || linux.resources?.memory?.limit !== undefined;
}

function memoryMessage(spec: Spec, code: number): string {
  const limit = spec.linux.resources?.memory?.limit;
  const what =
    limit === undefined ? "the machine's memory ran out" : `its memory limit of ${limit / 1024 / 1024} MiB was reached`;
  const own = code === 137 ? " (exit code 137)" : "";
  return `out of memory: ${what}, and the kernel killed a process of the container${own}`;
}
