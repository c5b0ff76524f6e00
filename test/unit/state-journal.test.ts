// The journal of intents is complete up to the last whole line, whatever happened to its writer.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, statSync, symlinkSync, truncateSync } from "node:fs";
import { appendIntent, readJournal } from "../../src/state/journal.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";
import { withWorkers } from "./state-workers.ts";

let dir: string;

beforeEach(() => {
  dir = temporaryFolder();
});

afterEach(() => removeFolder(dir));

const cgroup = { layer: "cgroups", kind: "folder", path: "/sys/fs/cgroup/minidocker/x" };
const veth = { layer: "network", kind: "link", name: "md-1", moved: false, index: 4, ports: ["80", "ü\n"] };

test("intents are read back in the order in which they were written", () => {
  appendIntent(dir, cgroup);
  appendIntent(dir, veth);
  expect(readJournal(dir)).toEqual([cgroup, veth]);
  expect(statSync(`${dir}/journal`).mode & 0o777).toBe(0o600);
});

test("a container that has not intended anything has an empty journal", () => {
  expect(readJournal(dir)).toEqual([]);
  expect(readJournal(`${dir}/gone`)).toEqual([]);
});

test("cut off at any byte, a journal still has all intents of the whole lines", () => {
  appendIntent(dir, cgroup);
  const first = statSync(`${dir}/journal`).size;
  appendIntent(dir, veth);
  const all = readFileSync(`${dir}/journal`);
  for (let size = all.length; size >= 0; size--) {
    truncateSync(`${dir}/journal`, size);
    // a line without its line feed is whole all the same
    const expected = size >= all.length - 1 ? [cgroup, veth] : size >= first - 1 ? [cgroup] : [];
    expect({ size, intents: readJournal(dir) }).toEqual({ size, intents: expected });
  }
});

test("lines that are no intents are passed over", () => {
  appendIntent(dir, cgroup);
  appendFileSync(`${dir}/journal`, '\n\0\0\n[]\nnull\n7\n{"layer":"x"}\n{"kind":"x"}\n{"layer":1,"kind":"x"}\n');
  appendIntent(dir, veth);
  expect(readJournal(dir)).toEqual([cgroup, veth]);
});

test("an intent that cannot be written is an error that names the file", () => {
  expect(() => appendIntent(`${dir}/gone`, cgroup)).toThrow(`${dir}/gone/journal cannot be written (ENOENT)`);
});

test("a journal is not written through a symbolic link", () => {
  symlinkSync(`${dir}/elsewhere`, `${dir}/journal`);
  expect(() => appendIntent(dir, cgroup)).toThrow("ELOOP");
  expect(existsSync(`${dir}/elsewhere`)).toBe(false);
});

test("four processes that write at once tear no line of each other's", async () => {
  await withWorkers(4, `${dir}/state`, (workers) =>
    Promise.all(workers.map((it, i) => it.run("journal", dir, `writer${i}`, 250))),
  );
  const intents = readJournal(dir);
  expect(readFileSync(`${dir}/journal`, "utf8").split("\n").length).toBe(1001);
  expect(intents.length).toBe(1000);
  for (let i = 0; i < 4; i++) {
    const numbers = intents.filter((it) => it.kind === `writer${i}`).map((it) => it["number"]);
    expect(numbers).toEqual(Array.from({ length: 250 }, (_, n) => n));
  }
});
