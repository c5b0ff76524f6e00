// Names of containers belong to one container at a time. The number of rounds of the race is set by MINIDOCKER_ROUNDS:
//   MINIDOCKER_ROUNDS=1000 bun test test/unit/state-names.test.ts

import { expect, test } from "bun:test";
import { readdirSync, symlinkSync } from "node:fs";
import { findContainer, listRecords } from "../../src/state/find.ts";
import { checkName, generateName, newId } from "../../src/state/names.ts";
import { createRecord, removeRecord } from "../../src/state/record.ts";
import { sweep } from "../../src/state/reserve.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { type Worker, withWorkers } from "./state-workers.ts";

const { paths } = ownPaths();

const fields = { image: "base", command: ["sh"] };

test("names that Docker accepts, up to 64 characters, are accepted", () => {
  for (const it of ["a", "0", "web.1", "Web_2-x", "a".repeat(64)]) expect(() => checkName(it)).not.toThrow();
});

test("names that could be paths, options or confusing are refused", () => {
  const refused = ["", ".", "..", "-x", "_x", "a/b", "../x", "a b", "a\n", "a\0", "ä", "a".repeat(65), " a"];
  for (const it of refused) expect(() => checkName(it)).toThrow("Invalid container name");
});

test("an id is 64 hexadecimal digits, and its short form is never a decimal number", () => {
  const ids = Array.from({ length: 2000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((it) => !/^[0-9a-f]{64}$/.test(it) || /^\d{12}/.test(it))).toEqual([]);
});

test("a generated name is two words, and later attempts add a number", () => {
  for (let i = 0; i < 500; i++) expect(generateName()).toMatch(/^[a-z]+_[a-z]+$/);
  expect(generateName(4)).toMatch(/^[a-z]+_[a-z]+\d+$/);
  checkName(generateName(100));
});

test("two hundred containers without a name get two hundred names", () => {
  const names = Array.from({ length: 200 }, () => createRecord(paths, fields).name);
  expect(new Set(names).size).toBe(200);
  expect(readdirSync(`${paths.state}/names`).toSorted()).toEqual(names.toSorted());
});

test("the second container of a name is refused in Docker's words, with exit code 125, and leaves nothing", () => {
  const { id } = createRecord(paths, { ...fields, name: "web" });
  let error: unknown;
  try {
    createRecord(paths, { ...fields, name: "web" });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({
    exitCode: 125,
    message: expect.stringContaining(`The container name "web" is already in use by container ${id.slice(0, 12)}`),
  });
  expect(readdirSync(`${paths.state}/containers`)).toEqual([id]);
});

const rounds = Number(process.env["MINIDOCKER_ROUNDS"] ?? 40);

test(
  `of 12 processes that create the same name at once, exactly one succeeds (${rounds} rounds)`,
  () =>
    withWorkers(12, paths.state, async (workers) => {
      for (let round = 0; round < rounds; round++) await race(workers);
    }),
  20_000 + rounds * 200,
);

// The name is the same in every round, so giving it up and taking it over are raced for as well.
async function race(workers: readonly Worker[]): Promise<void> {
  for (const it of workers) it.send("create", "same");
  const answers = await Promise.all(workers.map((it) => it.answer()));
  const winners = answers.filter((it) => it.value !== undefined);
  const losers = answers.filter((it) => it.error?.includes("already in use"));
  expect([winners.length, losers.length]).toEqual([1, workers.length - 1]);
  const id = winners[0]?.value as string;
  expect(listRecords(paths).map((it) => it.id)).toEqual([id]);
  expect(findContainer(paths, "same").id).toBe(id);
  for (const it of workers) it.send("remove", id);
  const removed = await Promise.all(workers.map((it) => it.answer()));
  expect(removed.filter((it) => it.error !== undefined)).toEqual([]);
  expect([...readdirSync(`${paths.state}/containers`), ...readdirSync(`${paths.state}/names`)]).toEqual([]);
}

test("a name whose container is gone, because its creator was killed, goes to the next one", () => {
  symlinkSync(`../containers/${"f".repeat(64)}`, `${paths.state}/names/web`);
  const { id } = createRecord(paths, { ...fields, name: "web" });
  expect(findContainer(paths, "web").id).toBe(id);
});

test("processes that are killed while they create and remove leave nothing that a sweep does not remove", async () => {
  for (let round = 0; round < 6; round++) {
    await withWorkers(4, paths.state, async (workers) => {
      await Promise.all(workers.map((it, i) => it.run("create", `kept-${round}-${i}`)));
      for (const [i, it] of workers.entries()) it.send("churn", `name-${i % 3}`, 1e9); // two fight over a name
      await Bun.sleep(20 + 15 * round);
    });
  }
  sweep(paths);
  const left = listRecords(paths);
  expect(left.filter((it) => it.status === "damaged")).toEqual([]);
  expect(readdirSync(`${paths.state}/containers`).toSorted()).toEqual(left.map((it) => it.id).toSorted());
  expect(readdirSync(`${paths.state}/names`).toSorted()).toEqual(left.map((it) => it.name).toSorted());
  expect(left.filter((it) => it.name.startsWith("kept-")).length).toBe(24);
  for (const it of left) removeRecord(paths, it.id);
});

test("a sweep leaves a container alone that a living process makes or removes", async () => {
  await withWorkers(1, paths.state, async ([worker]) => {
    const churned = worker?.run("churn", "busy", 400);
    let done = false;
    void churned?.finally(() => {
      done = true;
    });
    let sweeps = 0;
    for (; !done; sweeps++) {
      expect(sweep(paths)).toEqual([]);
      await Bun.sleep(0);
    }
    await churned; // none of its steps has failed
    expect(sweeps).toBeGreaterThan(10);
  });
});
