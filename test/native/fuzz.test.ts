// The stage under AddressSanitizer and UndefinedBehaviorSanitizer, fed with frames that are right, nearly right, and noise.
// Whatever is in a frame, only harmless system calls are made: what is random is structure, sizes, offsets and kinds.

import { afterAll, beforeAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiler, warnings } from "../../native/build.ts";
import { EBADMSG, EMSGSIZE } from "../../src/abi/errno.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import * as wire from "../../src/stage/wire.ts";
import { guardHost } from "../harness/guard.ts";
import { encodeFrame, RawStage } from "../harness/raw-stage.ts";
import { Run } from "../harness/run.ts";
import { skipUnless } from "../harness/skip.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

guardHost();

const cc = compiler();
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1", "-DHOSTED"];
const compilerTest = skipUnless(cc !== undefined, "needs a C compiler");
const numbers = syscallNumbers(process.arch === "arm64" ? "aarch64" : "x86_64");

/** They change nothing, whatever their arguments are: each ends with a result or an errno. */
const harmless = ["getpid", "getuid", "gettid", "sched_yield", "getppid"].map((name) => numbers.get(name) as number);
const { FRAME_MAX, ARENA_SIZE, CALLS_MAX } = wire.limits;

let folder: string;

const native = join(import.meta.dir, "../../native");

/** Compiles with the sanitizers; returns what the compiler says. */
function compile(name: string, sources: readonly string[]): string {
  const output = ["-o", join(folder, name), "-I", native];
  return Bun.spawnSync([cc as string, ...warnings, ...sanitizers, ...output, ...sources]).stderr.toString();
}

beforeAll(() => {
  folder = temporaryFolder();
  if (cc !== undefined) expect(compile("stage", [join(native, "stage.c"), join(native, "supervise.c")])).toBe("");
});

afterAll(() => removeFolder(folder));

const start = (name = "stage"): RawStage => RawStage.start([join(folder, name)]);

/** Random numbers that are the same for the same seed (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state + 0x6d2b79f5, 1);
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

/** Values at which arithmetic goes wrong. */
function edge(random: Random): number {
  const edges = [
    0,
    1,
    7,
    8,
    255,
    4095,
    4096,
    FRAME_MAX - 1,
    FRAME_MAX,
    ARENA_SIZE - 8,
    ARENA_SIZE - 1,
    ARENA_SIZE,
    ARENA_SIZE + 1,
  ];
  const far = [0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
  const all = [...edges, ...far];
  return random(3) === 0 ? random(ARENA_SIZE) : (all[random(all.length)] as number);
}

function wide(random: Random): bigint {
  const value = BigInt(edge(random));
  return random(4) === 0 ? (value << 32n) | BigInt(edge(random)) : value;
}

function randomFrame(random: Random): Uint8Array {
  const calls = Array.from({ length: random(6) === 0 ? random(CALLS_MAX + 3) : random(6) }, () => ({
    op: random(8) === 0 ? 3 + random(9) : wire.op.SYSCALL,
    number: harmless[random(harmless.length)] as number,
    kinds: Array.from({ length: 6 }, () => (random(3) === 0 ? random(5) : 0)),
    args: Array.from({ length: 6 }, () => wide(random)),
    tolerate: [random(2) === 0 ? EBADMSG : random(200), random(200), 125],
  }));
  const relocations = Array.from({ length: random(3) === 0 ? random(20) : 0 }, () => ({
    at: edge(random),
    value: edge(random),
    call: random(8),
    kind: random(5),
    width: [4, 8, 8, random(10)][random(4)] as number,
  }));
  const data = new Uint8Array(random(4) === 0 ? random(30_000) : random(64)).fill(random(256));
  const head: Record<string, number> = { serial: random(2 ** 31), base: random(3) === 0 ? edge(random) : 0 };
  if (random(3) === 0) Object.assign(head, { out: edge(random), outSize: edge(random) });
  else Object.assign(head, { out: random(1000), outSize: random(5000) });
  if (random(6) === 0) head["calls"] = random(65_536);
  if (random(6) === 0) head["relocations"] = random(65_536);
  if (random(6) === 0) head["size"] = edge(random);
  const bytes = encodeFrame({ calls, relocations, data, head });
  return random(8) === 0 ? bytes.slice(0, random(bytes.length + 1)) : bytes;
}

/** Makes the operation and number of every call harmless, however the frame is read. */
function tame(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = wire.frame.size; at + wire.call.size <= bytes.length; at += wire.call.size) {
    const op = view.getUint16(at, true);
    if (op === wire.op.CLONE || op === wire.op.SUPERVISE) view.setUint16(at, wire.op.SYSCALL, true);
    view.setUint32(at + wire.call.offsetOf("number"), harmless[random(harmless.length)] as number, true);
  }
  return bytes;
}

const ROUNDS = 20_000;

compilerTest(`${ROUNDS} frames of any kind are each answered, without an access out of bounds`, async () => {
  const seed = Number(process.env["MINIDOCKER_SEED"] ?? 1);
  const random = randomNumbers(seed);
  const stage = start();
  const answers = { made: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = tame(randomFrame(random), random);
    if (bytes.length === 0) continue; // a packet without bytes is how the end of the channel looks
    stage.send(bytes);
    const reply = stage.receive();
    if (reply === undefined) {
      const { stderr } = await stage.close();
      throw new Error(`seed ${seed}, frame ${round}: the stage has ended:\n${stderr}`);
    }
    if (reply.error === 0) answers.made++;
    else answers.refused++;
    expect([0, EBADMSG, EMSGSIZE]).toContain(reply.error);
  }
  expect(await stage.close()).toEqual({ code: 0, stderr: "" });
  expect(Math.min(answers.made, answers.refused)).toBeGreaterThan(ROUNDS / 10);
});

compilerTest("noise is refused, and then a proper frame is answered", async () => {
  const random = randomNumbers(7);
  const stage = start();
  for (let round = 0; round < 2000; round++) {
    const noise = tame(
      Uint8Array.from({ length: 1 + random(2000) }, () => random(256)),
      random,
    );
    stage.send(noise);
    expect(stage.receive()?.error).toBe(EBADMSG);
  }
  const call = { op: wire.op.SYSCALL, number: harmless[0] as number };
  expect(stage.ask({ calls: [call] }).results).toEqual([stage.pid]);
  expect(await stage.close()).toEqual({ code: 0, stderr: "" });
});

compilerTest("the same frames find a bound that is not checked", async () => {
  const whole = readFileSync(join(native, "stage.c"), "utf8");
  const check = "return at <= ARENA_SIZE && size <= ARENA_SIZE - at;";
  expect(whole).toContain(check);
  writeFileSync(join(folder, "stage.c"), whole.replace(check, "return at + size >= at;"));
  expect(compile("careless", [join(folder, "stage.c"), join(native, "supervise.c")])).toBe("");
  const random = randomNumbers(1);
  const stage = start("careless");
  let round = 0;
  for (let alive = true; alive && round < ROUNDS; round++) {
    const bytes = tame(randomFrame(random), random);
    if (bytes.length === 0) continue;
    alive = stage.send(bytes) && stage.receive() !== undefined;
  }
  const { code, stderr } = await stage.close();
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/AddressSanitizer|runtime error/);
  expect(round).toBeLessThan(ROUNDS);
});

compilerTest(
  "everything else that is tested of the stage holds under the sanitizers too",
  async () => {
    const files = ["protocol", "stage", "supervise", "attach"].map((it) => `./test/native/${it}.test.ts`);
    const run = Run.start([process.execPath, "test", "--timeout=30000", ...files], {
      cwd: join(import.meta.dir, "../.."),
      env: { MINIDOCKER_STAGE: join(folder, "stage") },
      timeout: 100_000,
    });
    const { code, stderr } = await run.outcome;
    expect(stderr).toContain(" 0 fail\n");
    expect(code).toBe(0);
  },
  110_000,
);
