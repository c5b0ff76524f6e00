// Signals that minidocker gets while a program runs go on to the supervisor, and at last to the program, by their identity.

import { describe, expect, test } from "bun:test";
import { forwardSignals } from "../../src/engine/signals.ts";
import { identify, isAlive, type ProcessIdentity } from "../../src/state/process.ts";
import type { ContainerRecord } from "../../src/state/shape.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";

const sleeper = () => Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });

function askThreeTimes(supervisor: ProcessIdentity, program: ProcessIdentity): void {
  const record = { supervisor, process: program } as ContainerRecord;
  const stop = forwardSignals(record, { terminal: false, init: false }, () => {});
  try {
    for (let i = 0; i < 3; i++) process.emit("SIGTERM", "SIGTERM");
  } finally {
    stop();
  }
}

test("after both have ended they reach nobody, and are no error", async () => {
  const [supervisor, program] = [sleeper(), sleeper()];
  const identities = [supervisor, program].map(({ pid }) => identify(pid) as ProcessIdentity);
  for (const it of [supervisor, program]) it.kill("SIGKILL");
  await Promise.all([supervisor.exited, program.exited]);
  const [one, other] = identities as [ProcessIdentity, ProcessIdentity];
  expect(() => askThreeTimes(one, other)).not.toThrow();
});

test("they do not reach who has a number of theirs by now", async () => {
  const stranger = sleeper();
  const identity = identify(stranger.pid) as ProcessIdentity;
  const earlier = { ...identity, startTime: identity.startTime - 1 };
  askThreeTimes(earlier, earlier);
  await Bun.sleep(20);
  expect(isAlive(identity)).toBe(true);
  stranger.kill("SIGKILL");
  await stranger.exited;
});

describe("the third time, a program", () => {
  /** Whether it still runs, and what its user is told. */
  async function asked(...argv: readonly string[]): Promise<{ alive: boolean; said: string[] }> {
    const program = Bun.spawn([...argv], { stdio: ["ignore", "ignore", "ignore"] });
    await waitUntil(
      () => processEntry(program.pid)?.name === "sleep",
      5000,
      () => "it does not start",
    );
    const record = { name: "web", process: identify(program.pid) } as ContainerRecord;
    const said: string[] = [];
    const stop = forwardSignals(record, { terminal: false, init: false }, (text) => said.push(text));
    for (let i = 0; i < 4; i++) process.emit("SIGTERM", "SIGTERM");
    stop();
    const alive = await Promise.race([program.exited.then(() => false), Bun.sleep(200).then(() => true)]);
    program.kill("SIGKILL");
    await program.exited;
    return { alive, said };
  }

  test("without a handler is killed", async () => {
    expect(await asked("sleep", "60")).toEqual({
      alive: false,
      said: ["the program takes no notice of SIGTERM: killed"],
    });
  });

  test("that blocks the signal, to read it from a descriptor, is not", async () => {
    expect(await asked("env", "--block-signal=TERM", "sleep", "60")).toEqual({
      alive: true,
      said: [expect.stringContaining("minidocker rm --force web")],
    });
  });
});
