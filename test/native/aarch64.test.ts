// The stage for the other architecture: cross-compiled, and run by an emulator of its instructions. What is to be seen is
// that arguments and results are in the right registers, and that the same frames mean the same.

import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { join } from "node:path";
import { flags, warnings } from "../../native/build.ts";
import { EBADF, EBADMSG, ECANCELED } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../../src/abi/fcntl.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import * as wire from "../../src/stage/wire.ts";
import { guardHost } from "../harness/guard.ts";
import { type RawCall, RawStage } from "../harness/raw-stage.ts";
import { withPrograms } from "../harness/skip.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

guardHost();

const compiler = "aarch64-linux-gnu-gcc";
const emulator = "qemu-aarch64-static";
const emulatedTest = withPrograms(compiler, emulator);
const available = [compiler, emulator].every((it) => Bun.which(it) !== null);

const numbers = syscallNumbers("aarch64");
const { VALUE, BUFFER, RESULT } = wire.kind;
let folder: string;
let stage: RawStage;

beforeAll(() => {
  folder = temporaryFolder();
  const sources = ["stage.c", "supervise.c"].map((it) => join(import.meta.dir, "../../native", it));
  if (!available) return;
  const { stderr } = Bun.spawnSync([compiler, ...warnings, ...flags, "-o", join(folder, "stage"), ...sources]);
  expect(stderr.toString()).toBe("");
});

beforeEach(() => {
  if (available) stage = RawStage.start([emulator, join(folder, "stage")]);
});

afterEach(async () => {
  if (available) expect((await stage.close()).code).toBe(0);
});

afterAll(() => removeFolder(folder));

function call(name: string, ...args: readonly (readonly [number, number | bigint])[]): RawCall {
  const number = numbers.get(name) as number;
  return { op: wire.op.SYSCALL, number, kinds: args.map(([kind]) => kind), args: args.map(([, it]) => it) };
}

emulatedTest("a call gets its number and its result goes back", () => {
  expect(stage.ask({ calls: [call("getpid")] }).results).toEqual([stage.pid]);
});

emulatedTest("all six arguments reach the kernel, in order", async () => {
  const file = join(folder, "six");
  await Bun.write(file, "0123456789");
  const data = Buffer.concat([new Uint8Array(64), Buffer.from(`${file}\0`)]);
  const calls = [
    call("openat", [VALUE, AT_FDCWD], [BUFFER, 64], [VALUE, O_RDONLY], [VALUE, 0]),
    call("mmap", [VALUE, 0], [VALUE, 4096], [VALUE, 1], [VALUE, 2], [RESULT, 0], [VALUE, 0]),
    call("pread64", [RESULT, 0], [BUFFER, 8], [VALUE, 4], [VALUE, 3]),
    call("close", [RESULT, 0]),
  ];
  const { results, out } = stage.ask({ calls, data, head: { out: 8, outSize: 4 } });
  expect(results[1]).toBeGreaterThan(0);
  expect([results[2], results[3]]).toEqual([4, 0]);
  expect(Buffer.from(out).toString()).toBe("3456");
});

emulatedTest("errors are negated errnos, calls that need a failed result are skipped", () => {
  const failing = { ...call("dup", [VALUE, 999]), tolerate: [EBADF] };
  expect(stage.ask({ calls: [failing, call("close", [RESULT, 0])] }).results).toEqual([-EBADF, -ECANCELED]);
});

emulatedTest("a broken frame is refused, and the stage goes on", () => {
  expect(stage.ask({ head: { calls: 5 } }).error).toBe(EBADMSG);
  expect(stage.ask({ calls: [call("getpid")] }).results).toEqual([stage.pid]);
});
