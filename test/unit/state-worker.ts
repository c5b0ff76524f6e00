// Another minidocker process, for tests of what happens between several: runs operations on the state folder of
// MINIDOCKER_STATE as the test tells it, one line of JSON for each, and answers with one.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { appendIntent } from "../../src/state/journal.ts";
import { withLock } from "../../src/state/lock.ts";
import { openPaths } from "../../src/state/paths.ts";
import { createRecord, removeRecord, updateRecord } from "../../src/state/record.ts";
import { reserveName } from "../../src/state/reserve.ts";

const paths = openPaths();

const operations = {
  create: (name: string): string => createRecord(paths, { name, image: "base", command: ["sh"] }).id,
  remove: (id: string): void => removeRecord(paths, id),
  /** Sets one field to each number in turn; the last one stays. */
  update: (id: string, field: "exitCode" | "image", times: number): void => {
    for (let i = 1; i <= times; i++)
      updateRecord(paths, id, field === "image" ? { image: String(i) } : { exitCode: i });
  },
  reserve: (name: string, id: string): string | undefined => reserveName(paths, name, id),
  count: (file: string, times: number): void => {
    for (let i = 0; i < times; i++) {
      withLock(`${paths.state}/test.lock`, () => writeFileSync(file, String(Number(readFileSync(file, "utf8")) + 1)));
    }
  },
  /** Holds the lock until it is killed. `started` is written when it has it. */
  hold: (started: string): void =>
    withLock(`${paths.state}/test.lock`, () => {
      appendFileSync(started, "held\n");
      for (;;) Bun.sleepSync(1000);
    }),
  journal: (dir: string, kind: string, times: number): void => {
    for (let i = 0; i < times; i++) appendIntent(dir, { layer: "test", kind, number: i, text: "x".repeat(300) });
  },
  /** Creates and removes one container after the other; somebody else may have the name. */
  churn: (name: string, times: number): void => {
    for (let i = 0; i < times; i++) {
      try {
        removeRecord(paths, createRecord(paths, { name, image: "base", command: [] }).id);
      } catch (error) {
        if (!(error as Error).message.includes("already in use")) throw error;
      }
    }
  },
} as const;

export type Operations = typeof operations;

async function serve(): Promise<void> {
  for await (const line of console) {
    const [name, ...args] = JSON.parse(line) as [keyof Operations, ...never[]];
    let answer: unknown;
    try {
      answer = { value: (operations[name] as (...args: never[]) => unknown)(...args) };
    } catch (error) {
      answer = { error: (error as Error).message };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

if (import.meta.main) await serve();
