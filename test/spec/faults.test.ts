// A start that fails, or a minidocker that is killed, at every single system call: after the next command nothing is left.
// The calls are numbered by the stage's driver (src/stage/fault.ts), and those that take things back are among them.
// It is the release that is run here, some fifteen hundred times: it starts in half the time.

import { expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { releaseBuild } from "../harness/release.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";
import { differences, hostSnapshot } from "../harness/snapshot.ts";

const host = privateHost();
const folder = releaseBuild();
const minidocker = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  host.minidocker(args, { env, program: [`${folder()}/minidocker`] });

const MINUTES = 60_000;
const KILLED = 137;
const INTERRUPTED = 130;

/** Everything that a container with a bridge, a limit and a volume makes is made. */
const everything = (rootfs: string): string[] => [
  ...["run", "--rm", "--name", "victim", "-m", "64m", "-p", "127.0.0.1:8099:80", "--tmpfs", "/scratch"],
  ...[rootfs, "true"],
];

async function countCalls(rootfs: string): Promise<number> {
  const trace = `${host.folder}/trace.jsonl`;
  const { code, stderr } = await minidocker([...everything(rootfs).toSpliced(1, 0, `--trace=${trace}`)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return (await Bun.file(trace).text()).trim().split("\n").length;
}

rootTest(
  "minidocker killed before any call: the next command leaves nothing on the host",
  async () => {
    const rootfs = makeRootfs(`${host.folder}/rootfs`);
    const calls = await countCalls(rootfs);
    const before = hostSnapshot(host.pid);
    for (let at = 1; ; at++) {
      const { code, stderr } = await minidocker(everything(rootfs), { MINIDOCKER_FAULT: `${at}:SIGKILL` });
      // how many calls there are differs from run to run: one that finds things as they should be makes fewer
      if (code === 0 && at > calls / 2) break;
      expect({ at, code, stderr }).toEqual({ at, code: KILLED, stderr: expect.any(String) });
      const list = await minidocker(["ps", "-aq"]);
      expect({ at, ...list }).toMatchObject({ at, code: 0, stdout: "", stderr: "" });
      expect({ at, remains: remains(host) }).toEqual({ at, remains: [] });
    }
    expect(differences(before, hostSnapshot(host.pid))).toEqual([]);
  },
  10 * MINUTES,
);

rootTest(
  "Ctrl-C before any call: nothing is left, without any further command",
  async () => {
    const rootfs = makeRootfs(`${host.folder}/third-rootfs`);
    const calls = await countCalls(rootfs);
    const before = hostSnapshot(host.pid);
    const codes = new Set<number>();
    for (let at = 1; at <= calls; at += 5) {
      const { code, stderr } = await minidocker(everything(rootfs), { MINIDOCKER_FAULT: `${at}:SIGINT` });
      codes.add(code);
      expect({ at, stderr, remains: remains(host) }).toMatchObject({ at, remains: [] });
      if (code !== 0) expect({ at, code, stderr }).toMatchObject({ at, code: INTERRUPTED });
    }
    // before the program has begun it is not begun; afterwards its end is on its way anyway
    expect(codes).toEqual(new Set([INTERRUPTED, 0]));
    expect(differences(before, hostSnapshot(host.pid))).toEqual([]);
  },
  5 * MINUTES,
);

rootTest(
  "any call that fails with EIO: an error that names it, or none at all, and nothing left",
  async () => {
    const rootfs = makeRootfs(`${host.folder}/other-rootfs`);
    const calls = await countCalls(rootfs);
    const before = hostSnapshot(host.pid);
    for (let at = 1; at <= calls; at++) {
      const run = await minidocker(everything(rootfs), { MINIDOCKER_FAULT: `${at}:EIO` });
      const told = run.code === 0 || /^minidocker: .*(EIO|failed|cannot)/m.test(run.stderr);
      expect({ at, told, stderr: run.stderr }).toMatchObject({ at, told: true });
      expect({ at, stderr: run.stderr, remains: remains(host) }).toMatchObject({ at, remains: [] });
    }
    expect(differences(before, hostSnapshot(host.pid))).toEqual([]);
  },
  10 * MINUTES,
);
