// The stage as src/stage drives it: results, memory, clones, descriptors, its end.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { EBADF, ECANCELED, EEXIST, ENOENT, ENOTDIR } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../src/abi/fcntl.ts";
import { CLONE_NEWPID, CLONE_NEWUTS } from "../../src/abi/sched.ts";
import { Sent } from "../../src/stage/call.ts";
import { StageError, StageGone } from "../../src/stage/error.ts";
import { fork } from "../../src/stage/launch.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { limits } from "../../src/stage/wire.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const { host, clone } = stages();

const F_DUPFD_CLOEXEC = 1030;

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function expectStageError(what: Promise<unknown>): Promise<StageError> {
  const error = await what.then(
    () => undefined,
    (it: unknown) => it,
  );
  expect(error).toBeInstanceOf(StageError);
  return error as StageError;
}

describe("results", () => {
  test("are not known before the frame has been sent", async () => {
    const stage = await host();
    stage.flush();
    const pid = await stage.getpid();
    expect(pid.settled).toBe(false);
    expect(() => pid.value).toThrow("flush the stage first");
    stage.flush();
    expect(pid.settled).toBe(true);
  });

  test("are arguments of later calls in the same frame, without a round trip", async () => {
    const stage = await host();
    const folder = await stage.openat(AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    const file = await stage.openat(folder, "comm", O_RDONLY | O_CLOEXEC, 0);
    const comm = await stage.read(file, 64, 64);
    for (const it of [file, folder]) await stage.close(it);
    expect([folder, file, comm].some((it) => it.settled)).toBe(false);
    expect(text(stage.bytes(comm)).trim().length).toBeGreaterThan(0);
  });

  test("settled ones are arguments as well", async () => {
    const stage = await host();
    const file = await stage.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    stage.flush();
    const copy = await stage.fcntl(file, F_DUPFD_CLOEXEC, 10);
    expect(stage.value(copy)).toBeGreaterThanOrEqual(10);
    for (const it of [file, copy]) await stage.close(it);
    stage.flush();
  });

  test("a read brings back as many bytes as were read", async () => {
    const stage = await host();
    const pipe = stage.bytes(await stage.pipe2(8, O_CLOEXEC));
    const [from, to] = new Int32Array(pipe.slice().buffer) as unknown as [number, number];
    await stage.write(to, "seven!!", 7);
    const result = await stage.read(from, 4096, 4096);
    expect(stage.value(result)).toBe(7);
    expect(text(result.bytes.subarray(0, result.value))).toBe("seven!!");
    for (const it of [from, to]) await stage.close(it);
    stage.flush();
  });
});

describe("when a call fails", () => {
  test("the error names the call, its arguments, layer, step and errno, and later calls are not made", async () => {
    const stage = await host();
    stage.session.origin = { layer: "overlay", step: "look" };
    await stage.openat(AT_FDCWD, "/nonexistent", O_RDONLY | O_CLOEXEC, 0);
    const after = await stage.getpid();
    const error = await expectStageError(Promise.resolve().then(() => stage.flush()));
    expect(error.message).toBe('overlay: look: openat(AT_FDCWD, "/nonexistent", O_RDONLY|O_CLOEXEC, 0) = ENOENT');
    expect(error).toMatchObject({ errno: ENOENT, callName: "openat", layer: "overlay", step: "look" });
    expect(after.settled).toBe(false);
  });

  test("the layer's own words for the errno are part of the message", async () => {
    const stage = await host();
    await stage.mkdirat(AT_FDCWD, "/proc", 0o755, { cause: { [EEXIST]: "it is there already" } });
    const error = await expectStageError(Promise.resolve().then(() => stage.flush()));
    expect(error.message).toEndWith('mkdirat(AT_FDCWD, "/proc", 0755) = EEXIST; it is there already');
    expect(error.remedy).toBe("it is there already");
  });

  test("a tolerated errno is the result, and calls that need it are skipped, at any distance", async () => {
    const stage = await host();
    const folder = await stage.openat(AT_FDCWD, "/nonexistent", O_RDONLY | O_CLOEXEC, 0, { tolerate: [ENOENT] });
    const file = await stage.openat(folder, "x", O_RDONLY | O_CLOEXEC, 0);
    const pid = await stage.getpid();
    expect(stage.value(pid)).toBeGreaterThan(0);
    expect([folder.value, file.value]).toEqual([-ENOENT, -ECANCELED]);
    const later = await stage.openat(folder, "y", O_RDONLY | O_CLOEXEC, 0);
    expect(stage.value(later)).toBe(-ECANCELED);
  });

  test("an errno that is not among the tolerated ones still ends the frame", async () => {
    const stage = await host();
    await stage.openat(AT_FDCWD, "/proc/version/x", O_RDONLY | O_CLOEXEC, 0, { tolerate: [ENOENT] });
    expect((await expectStageError(Promise.resolve().then(() => stage.flush()))).errno).toBe(ENOTDIR);
  });

  test("a structure that holds its result is not passed to the kernel", async () => {
    for (const paced of [false, true]) {
      const stage = await host();
      if (paced) stage.session.observers.push({ pace: true });
      const fd = await stage.openat(AT_FDCWD, "/nonexistent", O_RDONLY | O_CLOEXEC, 0, { tolerate: [ENOENT] });
      const stamp = await stage.clone3({ exit_signal: fd }, 88, 0);
      stage.flush();
      expect([fd.value, stamp.value]).toEqual([-ENOENT, -ECANCELED]);
    }
  });

  test("the results that its frame never had cannot be used by mistake", async () => {
    const stage = await host();
    await stage.close(999);
    const never = await stage.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    await expectStageError(Promise.resolve().then(() => stage.flush()));
    await stage.close(never);
    expect(() => stage.flush()).toThrow("will never be known");
  });

  test("the stage lives on", async () => {
    const stage = await host();
    await stage.close(999);
    expect((await expectStageError(Promise.resolve().then(() => stage.flush()))).errno).toBe(EBADF);
    expect(stage.value(await stage.getpid())).toBeGreaterThan(0);
  });
});

describe("memory", () => {
  test("an argument of a megabyte travels in pieces and arrives whole", async () => {
    const stage = await host();
    const content = new Uint8Array(1 << 20).map((_, i) => (i * 31) % 251);
    const file = await stage.memfd_create("test", 1);
    const written = await stage.write(file, content, content.length);
    expect(stage.value(written)).toBe(content.length);
    const back: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += 32_768) {
      const link = await stage.openat(AT_FDCWD, `/proc/self/fd/${file.value}`, O_RDONLY | O_CLOEXEC, 0);
      const skipped = await stage.sendfile(await devNull(stage), link, 0, at);
      back.push(stage.bytes(await stage.read(link, 32_768, 32_768)).slice());
      expect(skipped.value).toBe(at);
      await stage.close(link);
    }
    await stage.close(file);
    stage.flush();
    expect(Buffer.concat(back).equals(content)).toBe(true);
  });

  test("more than the stage's arena is refused before anything is sent", async () => {
    const stage = await host();
    await stage.write(1, new Uint8Array(limits.ARENA_SIZE + 1), 1);
    expect(() => stage.flush()).toThrow(`a stage takes ${limits.ARENA_SIZE}`);
  });

  test("more output than a reply can hold is refused before anything is sent", async () => {
    const stage = await host();
    await stage.read(0, limits.FRAME_MAX, limits.FRAME_MAX);
    expect(() => stage.flush()).toThrow("a reply holds");
    expect(stage.value(await stage.getpid())).toBeGreaterThan(0);
  });

  test("calls whose outputs do not fit into one reply travel in two frames", async () => {
    const stage = await host();
    const zero = await stage.openat(AT_FDCWD, "/dev/zero", O_RDONLY | O_CLOEXEC, 0);
    const sizes = [30_000, 60_000, 100, 62_000];
    const reads = [];
    for (const size of sizes) reads.push(await stage.read(zero, size, size));
    await stage.close(zero);
    stage.flush();
    expect(reads.map((it) => it.value)).toEqual(sizes);
  });

  test("a program gets twenty thousand arguments, whole and in order", async () => {
    const { stage, pid } = await clone(0);
    const args = Array.from({ length: 20_000 }, (_, i) => `argument ${i}`);
    await stage.execve("/bin/sh", ["sh", "-c", "kill -STOP $$", ...args], []);
    stage.flush();
    const cmdline = await Bun.file(`/proc/${pid}/cmdline`).text();
    process.kill(pid, "SIGKILL");
    expect(cmdline.split("\0").slice(3, -1)).toEqual(args);
  });

  test("a string with a NUL byte is refused: the kernel would see a shorter one", async () => {
    const stage = await host();
    expect(stage.chdir("/tmp\0/etc")).rejects.toThrow("NUL byte");
  });

  test("a thousand calls are spread over as many frames as they need", async () => {
    const stage = await host();
    const pids = [];
    for (let i = 0; i < 1000; i++) pids.push(await stage.getpid());
    stage.flush();
    expect(new Set(pids.map((it) => it.value)).size).toBe(1);
  });
});

async function devNull(stage: Stage) {
  return await stage.openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
}

describe("a clone", () => {
  test("is a child of its parent, with a channel of its own", async () => {
    const parent = await host();
    const child = await clone(0);
    const [a, b] = [parent.value(await parent.getpid()), child.stage.value(await child.stage.getpid())];
    expect(b).toBe(child.pid);
    expect(processEntry(b)?.parent).toBe(a);
  });

  test("is made by clone(2) as well, and either finds its channel where its parent has its own", async () => {
    const parent = await host();
    const forked = await fork(parent, "forked");
    for (const { stage, pid } of [forked, await clone(0)]) {
      stage.value(await stage.getpid()); // an answer means that what came with the frame before is closed
      const own = parent.value(await parent.getpid());
      expect(readdirSync(`/proc/${pid}/fd`)).toEqual(readdirSync(`/proc/${own}/fd`));
    }
    forked.close();
  });

  rootTest("with CLONE_NEWPID is process 1 of its namespace", async () => {
    const { stage } = await clone(CLONE_NEWPID);
    expect(stage.value(await stage.getpid())).toBe(1);
  });

  rootTest("with CLONE_NEWUTS changes a hostname that its parent does not see", async () => {
    const { stage, pid } = await clone(CLONE_NEWUTS);
    await stage.sethostname("inside", 6);
    stage.flush();
    const read = (of: string): string =>
      Bun.spawnSync(["nsenter", "-t", of, "-u", "hostname"]).stdout.toString().trim();
    expect(read(String(pid))).toBe("inside");
    expect(read("self")).not.toBe("inside");
  });

  test("receives descriptors that travel with its calls, any number of them", async () => {
    const { stage } = await clone(0);
    const copies = [];
    for (let i = 0; i < 20; i++) copies.push(await stage.fcntl(new Sent(1), F_DUPFD_CLOEXEC, 20 + i));
    for (const it of copies) await stage.close(it);
    stage.flush();
    expect(copies.map((it) => it.value)).toEqual(Array.from({ length: 20 }, (_, i) => 20 + i));
  });

  test("keeps what the parent had written into the arena to itself", async () => {
    const parent = await host();
    const { stage } = await clone(0);
    const mine = await parent.memfd_create("of the parent", 1);
    const its = await stage.memfd_create("of the child", 1);
    expect(parent.value(mine)).toBeGreaterThan(2);
    expect(stage.value(its)).toBeGreaterThan(2);
    await parent.close(mine);
    await stage.close(its);
    stage.flush();
  });
});

describe("the end", () => {
  test("a stage that is killed is missed at the next call, which is named", async () => {
    const { stage, pid } = await clone(0);
    stage.value(await stage.getpid());
    process.kill(pid, "SIGKILL");
    await waitUntil(
      () => processEntry(pid)?.state !== "S",
      2000,
      () => "it does not die",
    );
    await stage.getpid();
    expect(() => stage.flush()).toThrow(StageGone);
  });

  test("a parent that ends takes no channel of its children with it", async () => {
    const parent = await host();
    const { stage } = await clone(0);
    process.kill(parent.value(await parent.getpid()), "SIGKILL");
    await Bun.sleep(50);
    expect(stage.value(await stage.getpid())).toBeGreaterThan(0);
  });

  test("the stage runs from a sealed copy that nobody can write to", async () => {
    const stage = await host();
    const pid = stage.value(await stage.getpid());
    const link = await stage.openat(AT_FDCWD, "/proc/self/exe", O_RDWR | O_CLOEXEC, 0, { tolerate: [26, 1] });
    expect([-26, -1]).toContain(stage.value(link)); // ETXTBSY while it runs, EPERM by the seal
    expect(Bun.spawnSync(["readlink", `/proc/${pid}/exe`]).stdout.toString()).toStartWith("/memfd:stage");
  });
});
