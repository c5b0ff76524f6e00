// Locks between processes, which end with their holder.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { withLock, withLockAsync } from "../../src/state/lock.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { waitUntil } from "../harness/run.ts";
import { withWorkers } from "./state-workers.ts";

const { folder } = ownPaths();

/** The one that state-worker.ts takes. */
const lock = `${folder}/state/test.lock`;

test("four processes that count in one file under a lock lose no number", async () => {
  const file = `${folder}/count`;
  writeFileSync(file, "0");
  await withWorkers(4, `${folder}/state`, (workers) => Promise.all(workers.map((it) => it.run("count", file, 300))));
  expect(readFileSync(file, "utf8")).toBe("1200");
});

test("the lock of a process that is killed is free", async () => {
  await withWorkers(1, `${folder}/state`, async ([holder]) => {
    const started = `${folder}/started`;
    writeFileSync(started, "");
    holder?.send("hold", started);
    await waitUntil(
      () => readFileSync(started, "utf8") !== "",
      5000,
      () => "the worker does not get the lock",
    );
    let taken = false;
    const waiting = withLockAsync(lock, async () => {
      taken = true;
    });
    await Bun.sleep(100);
    expect(taken).toBe(false);
    await holder?.kill();
    await waiting;
    expect(taken).toBe(true);
  });
});

test("a child that is started while a lock is held does not keep it", async () => {
  const child = withLock(lock, () => Bun.spawn(["sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] }));
  try {
    await withWorkers(1, `${folder}/state`, async ([worker]) => {
      writeFileSync(`${folder}/count`, "0");
      await worker?.run("count", `${folder}/count`, 1);
    });
    expect(readFileSync(`${folder}/count`, "utf8")).toBe("1");
    expect(child.exitCode).toBe(null);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});

test("a folder is locked without a file in it", async () => {
  const path = `${folder}/state/names/`;
  await withLockAsync(path, async () => {
    expect(() => withLock(path, () => 1)).toThrow("already locked by this process");
    expect(readdirSync(path)).toEqual([]);
  });
  expect(() => withLock(`${folder}/nosuch/`, () => 1)).toThrow("ENOENT");
});

test("the lock is given up when the action throws, and its result is passed on otherwise", async () => {
  const fail = (): never => {
    throw new Error("inside");
  };
  expect(() => withLock(lock, fail)).toThrow("inside");
  await expect(withLockAsync(lock, async () => fail())).rejects.toThrow("inside");
  expect(withLock(lock, () => 5)).toBe(5);
  expect(await withLockAsync(lock, async () => 6)).toBe(6);
});

test("a process that would wait for itself is told so instead", async () => {
  expect(() => withLock(lock, () => withLock(lock, () => 1))).toThrow("already locked by this process");
  await withLockAsync(lock, async () => {
    expect(() => withLock(lock, () => 1)).toThrow("already locked by this process");
  });
  expect(withLock(lock, () => 2)).toBe(2);
});

test("actions of one process that take time get the lock one after the other", async () => {
  const events: string[] = [];
  const action = (name: string) => async () => {
    events.push(`${name} begins`);
    await Bun.sleep(5);
    events.push(`${name} ends`);
  };
  await Promise.all(["a", "b", "c"].map((name) => withLockAsync(lock, action(name))));
  expect(events.map((it) => it.split(" ")[1])).toEqual(["begins", "ends", "begins", "ends", "begins", "ends"]);
  expect(events.filter((_, i) => i % 2 === 0).map((it) => it[0])).toEqual(
    events.filter((_, i) => i % 2 === 1).map((it) => it[0]),
  );
});
