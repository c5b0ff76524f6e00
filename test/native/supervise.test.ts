// What a stage does while a program runs: its streams, its signals, its log, its exit record, orphans.

import { describe, expect, test } from "bun:test";
import { closeSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import { EOWNERDEAD } from "../../src/abi/errno.ts";
import { SIGKILL, SIGTERM } from "../../src/abi/signal.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { stages } from "../harness/stages.ts";
import { readLog, readRecord, startSupervised, streamOf } from "../harness/supervised.ts";
import { fixture, shell } from "./fixture.ts";

const own = stages();
const here = fixture();
const PIPE_SIZE = 65_536;

describe("the end of the program", () => {
  test("its exit code is the result, and is written to the exit record with the time", async () => {
    const { ended } = await startSupervised(own, shell("exit 7"), { folder: here.folder });
    expect(await ended).toBe(7 << 8);
    const { status, nanoseconds } = await readRecord(here.folder);
    expect(status).toBe(7 << 8);
    expect(Math.abs(Number(nanoseconds / 1_000_000n) - Date.now())).toBeLessThan(5000);
  });

  test("a signal that killed it is the result", async () => {
    const { ended } = await startSupervised(own, shell("kill -KILL $$"), { folder: here.folder });
    expect((await ended) & 0x7f).toBe(SIGKILL);
    expect((await readRecord(here.folder)).status & 0x7f).toBe(SIGKILL);
  });

  test("what it wrote last is not lost", async () => {
    const { ended } = await startSupervised(own, shell("head -c 200000 /dev/zero | tr '\\0' x; echo end"), {
      folder: here.folder,
      stdout: here.file("out"),
    });
    await ended;
    expect(here.content("out")).toBe(`${"x".repeat(200_000)}end\n`);
    expect(streamOf(await readLog(here.folder), 1)).toBe(here.content("out"));
  });

  test("orphans that are handed to the stage are reaped, and their end is not taken for the program's", async () => {
    const host = await own.host();
    await host.prctl(36, 1, 0, 0, 0);
    const script = "(sh -c 'sleep 0.05; exit 3' &) ; sleep 0.3; exit 5";
    const { ended, supervisor } = await startSupervised(own, shell(script), { folder: here.folder });
    await Bun.sleep(200);
    expect(Bun.spawnSync(["ps", "--ppid", String(supervisor), "-o", "stat="]).stdout.toString()).not.toContain("Z");
    expect(await ended).toBe(5 << 8);
  });
});

describe("output", () => {
  test("stdout and stderr go where they belong, and into the log with the time", async () => {
    const start = BigInt(Date.now()) * 1_000_000n;
    const out = { stdout: here.file("out"), stderr: here.file("err") };
    const { ended } = await startSupervised(own, shell("echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three"), {
      folder: here.folder,
      ...out,
    });
    await ended;
    expect([here.content("out"), here.content("err")]).toEqual(["one\nthree\n", "two\n"]);
    const entries = await readLog(here.folder);
    expect(entries.map(({ stream, text }) => [stream, text])).toEqual([
      [1, "one\n"],
      [2, "two\n"],
      [1, "three\n"],
    ]);
    const times = entries.map((it) => it.nanoseconds);
    expect(times.toSorted((a, b) => Number(a - b))).toEqual(times);
    expect((times[0] as bigint) - start).toBeGreaterThan(-50_000_000n);
    expect((times[2] as bigint) - (times[1] as bigint)).toBeGreaterThanOrEqual(50_000_000n);
  });

  test("bytes that are no text stay as they are", async () => {
    const { ended } = await startSupervised(own, shell("printf '\\000\\377\\r\\n\\033'"), {
      folder: here.folder,
      stdout: here.file("out"),
    });
    await ended;
    expect([...readFileSync(`${here.folder}/out`)]).toEqual([0, 255, 13, 10, 27]);
  });

  test("nobody who listens: the log is kept all the same", async () => {
    const { ended } = await startSupervised(own, shell("echo alone"), { folder: here.folder });
    await ended;
    expect(streamOf(await readLog(here.folder), 1)).toBe("alone\n");
  });

  test("a reader that goes away is gone for the program, too: EPIPE, and what it says elsewhere goes on", async () => {
    const { read, write } = here.fifo();
    const script = "trap '' PIPE; echo first; while echo again; do sleep 0.02; done; echo after >&2; exit 4";
    const { ended } = await startSupervised(own, shell(script), {
      folder: here.folder,
      stdout: write,
      stderr: here.file("err"),
    });
    closeSync(write);
    await here.logged("first");
    closeSync(read);
    expect(await ended).toBe(4 << 8);
    expect(here.content("err")).toEndWith("after\n");
  });

  test("a reader that stops does not keep signals from the program", async () => {
    const { read, write } = here.fifo();
    here.close(read, write);
    const script = "trap 'exit 9' TERM; head -c 1000000 /dev/zero & wait";
    const { ended, supervisor, pid } = await startSupervised(own, shell(script), {
      folder: here.folder,
      stdout: write,
    });
    await stoppedGrowing(`${here.folder}/log`);
    process.kill(supervisor, "SIGTERM");
    await waitUntil(
      () => processEntry(pid) === undefined,
      5000,
      () => "the program has not got the signal",
    );
    const drain = setInterval(() => readQuietly(read), 5);
    expect(await ended).toBe(9 << 8);
    clearInterval(drain);
  });

  test("after the program's end, a signal means not to wait any longer for a reader that has stopped", async () => {
    const { read, write } = here.fifo();
    here.close(read, write);
    const { ended, supervisor, pid } = await startSupervised(own, shell("head -c 100000 /dev/zero; exit 4"), {
      folder: here.folder,
      stdout: write,
    });
    await waitUntil(
      () => processEntry(pid) === undefined,
      5000,
      () => "the program goes on",
    );
    expect(await Promise.race([ended, Bun.sleep(200).then(() => "waits")])).toBe("waits");
    process.kill(supervisor, "SIGINT");
    expect(await ended).toBe(4 << 8);
    expect(streamOf(await readLog(here.folder), 1).length).toBe(100_000);
  });
});

function readQuietly(fd: number): void {
  try {
    readSync(fd, Buffer.alloc(PIPE_SIZE));
  } catch {
    // nothing there at the moment
  }
}

describe("input", () => {
  test("comes from the caller, and its end is the program's end of file", async () => {
    const { read, write } = here.fifo();
    const { ended } = await startSupervised(own, ["/bin/cat"], {
      folder: here.folder,
      stdin: read,
      stdout: here.file("out"),
    });
    writeSync(write, "hello\n");
    await here.logged("hello");
    closeSync(write);
    closeSync(read);
    expect(await ended).toBe(0);
    expect(here.content("out")).toBe("hello\n");
  });

  test("that the program does not read does not stop its output", async () => {
    const { read, write } = here.fifo();
    here.close(read, write);
    writeSync(write, "x".repeat(PIPE_SIZE));
    const { ended } = await startSupervised(own, shell("for i in 1 2 3; do echo $i; sleep 0.05; done"), {
      folder: here.folder,
      stdin: read,
    });
    expect(await ended).toBe(0);
    expect(streamOf(await readLog(here.folder), 1)).toBe("1\n2\n3\n");
  });

  test("none at all is end of file at once", async () => {
    const { ended } = await startSupervised(own, ["/bin/cat"], { folder: here.folder });
    expect(await ended).toBe(0);
  });
});

describe("the owner", () => {
  test("when it has gone, supervision ends before the program, and there is no exit record", async () => {
    const { read, write } = here.fifo();
    const { ended, pid } = await startSupervised(own, ["/bin/sleep", "60"], { folder: here.folder, owner: write });
    closeSync(write);
    closeSync(read); // the other end of what the stage has
    expect(await ended).toBe(-EOWNERDEAD);
    process.kill(pid, "SIGKILL");
    expect(statSync(`${here.folder}/exit`).size).toBe(0);
  });
});

describe("signals", () => {
  test.each([
    [1, "HUP"],
    [2, "INT"],
    [10, "USR1"],
    [15, "TERM"],
  ])("%i that the stage gets reaches the program (SIG%s)", async (number, name) => {
    const script = `trap 'echo got ${name}; exit 3' ${name}; echo ready; while :; do sleep 0.02; done`;
    const { ended, supervisor } = await startSupervised(own, shell(script), { folder: here.folder });
    await here.logged("ready");
    process.kill(supervisor, number);
    expect(await ended).toBe(3 << 8);
    expect(streamOf(await readLog(here.folder), 1)).toBe(`ready\ngot ${name}\n`);
  });

  test("without a handler do to the program what they do to any", async () => {
    const { ended, supervisor } = await startSupervised(own, ["/bin/sleep", "60"], { folder: here.folder });
    process.kill(supervisor, "SIGTERM");
    expect((await ended) & 0x7f).toBe(SIGTERM);
  });
});

async function stoppedGrowing(path: string): Promise<void> {
  let before = 0;
  const same = async (): Promise<boolean> => {
    await Bun.sleep(100);
    const previous = before;
    before = statSync(path).size;
    return before > 0 && before === previous;
  };
  await waitUntil(same, 5000, () => `${path} does not stop growing`);
}
