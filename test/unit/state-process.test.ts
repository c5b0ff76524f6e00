// A pid stands for a process only together with its start time and the boot.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { bootId } from "../../src/core/boot.ts";
import { identify, isAlive, type ProcessIdentity, signalProcess } from "../../src/state/process.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const self = identify(process.pid) as ProcessIdentity;

test("this process is alive, and its identity is what /proc shows", () => {
  expect(self).toEqual({
    pid: process.pid,
    startTime: processEntry(process.pid)?.started as number,
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  });
  expect(isAlive(self)).toBe(true);
});

test("the same pid with another start time is another process", () => {
  expect(isAlive({ ...self, startTime: self.startTime + 1 })).toBe(false);
});

test("no process of another boot is alive", () => {
  expect(isAlive({ ...self, bootId: bootId().replace(/^./, (it) => (it === "0" ? "1" : "0")) })).toBe(false);
});

test("a process that has ended is not alive", async () => {
  const child = Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });
  const identity = identify(child.pid) as ProcessIdentity;
  expect(isAlive(identity)).toBe(true);
  child.kill("SIGKILL");
  await child.exited;
  expect(isAlive(identity)).toBe(false);
  expect(identify(child.pid)).toBe(undefined);
});

test("a process that has ended and was not waited for is not alive", async () => {
  const shell = Bun.spawn(["sh", "-c", "sleep 0.05 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const { value } = await shell.stdout.getReader().read();
    const identity = identify(Number(new TextDecoder().decode(value))) as ProcessIdentity;
    expect(isAlive(identity)).toBe(true);
    await waitUntil(
      () => processEntry(identity.pid)?.state === "Z",
      5000,
      () => "no zombie has appeared",
    );
    expect(isAlive(identity)).toBe(false);
  } finally {
    shell.kill("SIGKILL");
    await shell.exited;
  }
});

describe("a signal", () => {
  const sleeper = () => Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });

  test("reaches exactly the process that is meant, and nobody when it has ended", async () => {
    const child = sleeper();
    const identity = identify(child.pid) as ProcessIdentity;
    // as if the number had been used again: the one that has it now is a stranger
    expect(signalProcess({ ...identity, startTime: identity.startTime - 1 }, "SIGKILL")).toBe(false);
    expect(isAlive(identity)).toBe(true);
    expect(signalProcess(identity, "SIGTERM")).toBe(true);
    await child.exited;
    expect(child.signalCode).toBe("SIGTERM");
    expect(signalProcess(identity, "SIGKILL")).toBe(false);
  });

  test("does not reach a thread that has the number", () => {
    const threads = readdirSync("/proc/self/task").map(Number);
    const thread = threads.find((it) => it !== process.pid) as number;
    expect(signalProcess(identify(thread) as ProcessIdentity, "SIGKILL")).toBe(false);
  });

  test("keeps no descriptor", () => {
    const child = sleeper();
    const before = readdirSync("/proc/self/fd").length;
    for (let i = 0; i < 10; i++) signalProcess(identify(child.pid) as ProcessIdentity, "SIGCONT");
    expect(readdirSync("/proc/self/fd").length).toBe(before);
    child.kill("SIGKILL");
  });

  rootTest("to another user's process is an error that names the errno", async () => {
    const program = `
      import { identify, signalProcess } from "${import.meta.dir}/../../src/state/process.ts";
      try { signalProcess(identify(${process.pid}), "SIGKILL"); } catch (error) { console.log(error.message); }`;
    const words = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", process.execPath, "-e", program];
    const { stdout } = Bun.spawnSync(words);
    expect(stdout.toString()).toBe(`pidfd_send_signal(${process.pid}, SIGKILL) = EPERM\n`);
  });
});

test("a name with brackets and blanks does not hide the start time", async () => {
  const script = `require("node:fs").writeFileSync("/proc/self/comm", "a) R 1 (b"); console.log(1); setTimeout(() => {}, 60000)`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await child.stdout.getReader().read();
    expect(processEntry(child.pid)?.name).toBe("a) R 1 (b");
    expect(isAlive(identify(child.pid) as ProcessIdentity)).toBe(true);
    expect(identify(child.pid)?.startTime).toBe(processEntry(child.pid)?.started as number);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});
