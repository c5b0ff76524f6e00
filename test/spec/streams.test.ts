// What goes in and what comes out: a container's streams are those of a program without a container.

import { beforeAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { idOf, remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome, RunOptions } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";
import { type LogEntry, readLog, streamOf } from "../harness/supervised.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const words = (options: readonly string[], script: string): string[] => [
  ...["run", "--rm", "--network", "none", ...options, rootfs, "sh", "-c", script],
];

const run = (options: readonly string[], script: string, how: RunOptions = {}): Promise<Outcome> =>
  host.minidocker(words(options, script), how);

/** `SHELL` with `$run` in it: what people write around `minidocker run --rm ROOTFS …` in scripts. */
function script(shell: string, how: RunOptions = {}): Promise<Outcome> {
  const command = minidockerCommand(["run", "--rm", "--network", "none"]);
  const quoted = command.map((it) => `'${it}'`).join(" ");
  return host.command(["bash", "-c", `run() { ${quoted} "$@"; }\n${shell}`], { env: { ROOTFS: rootfs }, ...how });
}

const BYTES = 5_000_000;

/** Bytes that are no text, the same each time. */
function bytes(size: number): Uint8Array {
  let seed = 1;
  return Uint8Array.from({ length: size }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed >>> 24;
  });
}

const sum = (data: Uint8Array): string => new Bun.CryptoHasher("md5").update(data).digest("hex");

describe("output", () => {
  rootTest("stdout and stderr stay apart", async () => {
    expect(await run([], "echo out; echo err >&2")).toMatchObject({ code: 0, stdout: "out\n", stderr: "err\n" });
  });

  rootTest("what a program writes last, as it ends, is not lost", async () => {
    const { stdout } = await run([], "head -c 300000 /dev/zero | tr '\\0' x; echo end");
    expect(stdout).toBe(`${"x".repeat(300_000)}end\n`);
  });

  rootTest("output that a full disk does not take is lost, and that is no success", async () => {
    const { code, stderr } = await script('run "$ROOTFS" echo one >/dev/full');
    const lost = "minidocker: some of its output is lost: writing it to stdout or stderr = ENOSPC\n";
    expect({ code, stderr }).toEqual({ code: 125, stderr: lost });
    // a program that fails for reasons of its own keeps its exit code
    const failed = await script(`run "$ROOTFS" sh -c 'echo one; exit 3' >/dev/full`);
    expect(failed).toMatchObject({ code: 3, stderr: lost });
    // one whose reader has seen enough has lost nothing that anybody wants
    const enough = await script(`run "$ROOTFS" yes | head -n 1; echo "$?"`);
    expect(enough).toMatchObject({ stdout: "y\n0\n", stderr: expect.not.stringContaining("lost") });
  });

  rootTest("a reader that is slow gets all of it, and the program waits for the reader", async () => {
    const { stdout, code } = await script(
      `run "$ROOTFS" head -c ${BYTES} /dev/zero | (sleep 0.5; head -c 100; sleep 0.5; cat) | wc -c`,
    );
    expect({ stdout: stdout.trim(), code }).toEqual({ stdout: String(BYTES), code: 0 });
  });

  rootTest("a reader that has gone ends the program as it ends one without a container", async () => {
    const { stdout, stderr, timedOut } = await script(
      `run "$ROOTFS" sh -c 'while echo line; do :; done' | head -1; echo "\${PIPESTATUS[0]}"`,
      { timeout: 10_000 },
    );
    expect(timedOut).toBe(false);
    // the shell, as PID 1, is not ended by SIGPIPE, but its echo fails
    expect(stdout).toMatch(/^line\n\d+\n$/);
    expect(stderr).not.toContain("minidocker:");
    expect(remains(host)).toEqual([]);
  });

  rootTest("a reader of stderr that has gone leaves stdout alone", async () => {
    const { stdout } = await script(
      `run "$ROOTFS" sh -c 'for i in 1 2 3; do echo err >&2; sleep 0.05; done; echo out' 2> >(true)`,
    );
    expect(stdout).toBe("out\n");
  });

  rootTest("streams that the caller has closed are nobody's, and no other file takes their place", async () => {
    writeFileSync(`${host.folder}/untouched`, "");
    const looks = "ls -l /proc/$$/fd | grep untouched";
    const { code, stderr } = await script(
      `run "$ROOTFS" sh -c '${looks}; echo out' 3>${host.folder}/untouched >&- ; echo $?`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readFileSync(`${host.folder}/untouched`, "utf8")).toBe("");
    for (const closed of ["<&-", "2>&-", "<&- >&- 2>&-"]) {
      const { stdout } = await script(`run -i "$ROOTFS" sh -c 'exit 6' ${closed}; echo $?`);
      expect({ closed, stdout }).toEqual({ closed, stdout: "6\n" });
    }
  });

  rootTest("a terminal of the caller's is out of reach without -t", async () => {
    const terminal = host.terminal(words([], "echo x >/dev/tty; test -t 0 || test -t 1 || test -t 2 || echo none"));
    await terminal.until("none");
    expect(await terminal.exited).toBe(0);
    expect(terminal.screen).toContain("/dev/tty: No such device or address");
  });
});

describe("input", () => {
  rootTest("with -i all of it, and its end, reach the program", async () => {
    const input = bytes(BYTES);
    const { stdout, code } = await run(["-i"], "md5sum", { input });
    expect({ stdout, code }).toEqual({ stdout: `${sum(input)}  -\n`, code: 0 });
  });

  rootTest("through the program and back, byte for byte", async () => {
    const input = bytes(1_000_000);
    writeFileSync(`${host.folder}/input`, input);
    const { stdout } = await script(`run -i "$ROOTFS" cat <${host.folder}/input | md5sum`);
    expect(stdout).toBe(`${sum(input)}  -\n`);
  });

  rootTest("without -i the program has /dev/null, and what the caller has is left for others", async () => {
    const { stdout } = await script(`printf 'one\\ntwo\\n' | { run "$ROOTFS" cat; cat; }`);
    expect(stdout).toBe("one\ntwo\n");
    expect((await run([], "readlink /proc/self/fd/0", { input: "x" })).stdout).toBe("/dev/null\n");
  });

  rootTest("with -t alone nothing is read from the caller either", async () => {
    const { stdout } = await script(`printf 'one\\n' | { run -t "$ROOTFS" true; cat; }`);
    expect(stdout).toBe("one\n");
  });

  rootTest("that stays open does not keep minidocker when the program has ended", async () => {
    const started = host.startMinidocker(words(["-i"], "read line; echo $line"), { input: "pipe", timeout: 10_000 });
    started.write("hello\nmore\n");
    expect(await started.outcome).toMatchObject({ code: 0, stdout: "hello\n", timedOut: false });
  });
});

describe("the log", () => {
  const logOf = (name: string): Promise<LogEntry[]> =>
    readLog(join(host.folder, "root/state/containers", idOf(host, name)));

  rootTest("has what a program has written, in order, apart and with the time", async () => {
    const before = Date.now();
    const made = await host.minidocker([
      ...["run", "--name", "logged", "--network", "none", rootfs],
      ...["sh", "-c", "echo one; sleep 0.05; echo two >&2; sleep 0.05; printf three"],
    ]);
    expect(made).toMatchObject({ code: 0, stdout: "one\nthree", stderr: "two\n" });
    const entries = await logOf("logged");
    expect(entries.map(({ stream, text }) => [stream, text])).toEqual([
      [1, "one\n"],
      [2, "two\n"],
      [1, "three"],
    ]);
    for (const { nanoseconds } of entries) {
      expect(Number(nanoseconds / 1_000_000n)).toBeWithin(before - 1000, Date.now() + 1000);
    }
    await host.minidocker(["rm", "logged"]);
  });

  rootTest("is kept where nobody reads", async () => {
    await script(`run --rm=false --name unread "$ROOTFS" echo hello >/dev/null`);
    expect(streamOf(await logOf("unread"), 1)).toBe("hello\n");
    await host.minidocker(["rm", "unread"]);
  });

  rootTest("belongs to whoever ran it: 0600", async () => {
    const made = await host.minidocker(["run", "--name", "private", "--network", "none", rootfs, "echo", "secret"]);
    expect(made.code).toBe(0);
    const folder = join(host.folder, "root/state/containers", idOf(host, "private"));
    const { stdout } = Bun.spawnSync(["find", folder, "-type", "f", "-perm", "/077"]);
    // hosts, hostname and resolv.conf are for everybody inside; the folder around them is 0700
    expect(
      stdout
        .toString()
        .split("\n")
        .filter((it) => it !== "" && !it.includes("/etc/")),
    ).toEqual([]);
    await host.minidocker(["rm", "private"]);
  });
});
