// Signals, exit codes, and what happens to a container when somebody kills a part of the runtime.

import { beforeAll, describe, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { descendants, processEntry, processLink } from "../harness/processes.ts";
import { idOf, remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { type Outcome, type Run, waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const words = (options: readonly string[], ...command: string[]): string[] => [
  ...["run", "--rm", "--network", "none", ...options, rootfs, ...command],
];

/** Starts a script and waits for its first line, `up`. */
async function start(options: readonly string[], script: string): Promise<Run> {
  const run = host.startMinidocker(words(options, "sh", "-c", script), { timeout: 20_000 });
  await run.until(/^up$/m);
  return run;
}

const LOOP = "while :; do sleep 0.05; done";

describe("the exit code", () => {
  rootTest("is the program's, whatever it is", async () => {
    const codes = await Promise.all(
      [0, 1, 125, 126, 127, 255].map(async (code) => {
        const outcome = await host.minidocker(words([], "sh", "-c", `exit ${code}`));
        return [code, outcome.code, outcome.stderr];
      }),
    );
    expect(codes.filter(([wanted, got, stderr]) => wanted !== got || stderr !== "")).toEqual([]);
  });

  rootTest("is 128 + n for signal n, and --init hands it on", async () => {
    // PID 1 is ended by nothing that comes from inside, and from outside by SIGKILL only
    const run = await start(["--name", "victim"], `echo up; ${LOOP}`);
    process.kill(outerPid("victim"), "SIGKILL");
    expect((await run.outcome).code).toBe(137);
    const script = "kill -SEGV $$; sleep 1";
    expect((await host.minidocker(words(["--init"], "sh", "-c", script))).code).toBe(139);
  });

  rootTest("is kept for ps where the container is", async () => {
    await host.minidocker(["run", "--name", "kept", "--network", "none", rootfs, "sh", "-c", "exit 42"]);
    const { stdout } = await host.minidocker(["ps", "-a", "--format", "{{.Names}} {{.Status}}"]);
    expect(stdout).toStartWith("kept Exited (42) ");
    await host.minidocker(["rm", "kept"]);
  });
});

/** The container's PID 1, as the test sees it. */
function outerPid(name: string): number {
  const state = JSON.parse(
    readFileSync(join(host.folder, "root/state/containers", idOf(host, name), "state.json"), "utf8"),
  );
  return host.outerPid((state as { process: { pid: number } }).process.pid);
}

describe("a signal to minidocker", () => {
  rootTest("reaches a program that has a handler for it", async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const) {
      const name = signal.slice(3);
      const run = await start([], `trap 'echo got ${name}; exit 3' ${name}; echo up; ${LOOP}`);
      run.signal(signal);
      expect({ signal, ...(await run.outcome) }).toMatchObject({ signal, code: 3, stdout: `up\ngot ${name}\n` });
    }
  });

  rootTest(
    "does nothing to a PID 1 without a handler, as the kernel has it; with --init it ends the program",
    async () => {
      const deaf = await start([], `echo up; ${LOOP}`);
      deaf.signal("SIGTERM");
      await Bun.sleep(300);
      expect(processEntry(deaf.pid)).toBeDefined();
      deaf.signal("SIGTERM");
      deaf.signal("SIGTERM");
      await deaf.outcome;
      const run = await start(["--init"], `echo up; ${LOOP}`);
      run.signal("SIGTERM");
      expect((await run.outcome).code).toBe(143);
    },
  );

  describe("the third time it is Ctrl-C", () => {
    const DEAF: Readonly<Record<string, readonly [options: string[], script: string]>> = {
      "has no handler": [[], "echo up; exec sleep 60"],
      "ignores it": [[], `trap '' INT; echo up; ${LOOP}`],
      "ignores it, under --init": [["--init"], `trap '' INT; echo up; ${LOOP}`],
    };
    for (const [name, [options, script]] of Object.entries(DEAF)) {
      rootTest(`a program that ${name} is killed`, async () => {
        const run = await start(options, script);
        for (let count = 1; count <= 3; count++) {
          expect(processEntry(run.pid)).toBeDefined();
          run.signal("SIGINT");
          await Bun.sleep(100);
        }
        const said = "minidocker: the program takes no notice of SIGINT: killed\n";
        expect(await run.outcome).toMatchObject({ code: 137, stderr: said, timedOut: false });
        expect(remains(host)).toEqual([]);
      });
    }

    for (const options of [[], ["--init"]]) {
      rootTest(
        `one that handles it goes on, and it is said how to end it${options.map((it) => `, ${it}`)}`,
        async () => {
          const run = await start(["--name", "repl", ...options], `trap 'echo no' INT; echo up; ${LOOP}`);
          for (let count = 1; count <= 5; count++) {
            // two that come at once are one
            await Bun.sleep(50);
            run.signal("SIGINT");
            await run.until(new RegExp(`^(no\\n?){${count}}`, "m"));
          }
          expect(await host.minidocker(["rm", "--force", "repl"])).toMatchObject({ code: 0 });
          expect(await run.outcome).toMatchObject({
            code: 137,
            stderr:
              "minidocker: the program handles SIGINT by itself; what ends it all the same, in another terminal: minidocker rm --force repl\n",
          });
          expect(remains(host)).toEqual([]);
        },
      );
    }
  });

  rootTest("that the caller has set to be ignored stays ignored, as with nohup", async () => {
    const script = `trap 'echo got HUP' HUP; trap 'exit 4' TERM; echo up; ${LOOP}`;
    const command = minidockerCommand(words([], "sh", "-c", script));
    const run = host.start(["bash", "-c", "trap '' HUP; exec \"$@\"", "bash", ...command], { timeout: 20_000 });
    await run.until("up");
    run.signal("SIGHUP");
    await Bun.sleep(200);
    run.signal("SIGTERM");
    expect(await run.outcome).toMatchObject({ code: 4, stdout: "up\n" });
  });

  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const interrupts = Object.keys(codes) as (keyof typeof codes)[];
  const resting = (times: number, milliseconds: number): Run => {
    const layer = `${host.folder}/rest-${times}.ts`;
    writeFileSync(layer, layerThatRests(times, milliseconds));
    return host.startMinidocker(words(["-m", "64m", "--layer", layer], "echo", "ran"), { timeout: 20_000 });
  };

  rootTest("while the container is being made takes back what there is of it", async () => {
    for (const signal of interrupts) {
      const run = resting(50, 10);
      await run.until("resting");
      run.signal(signal);
      const { code, stdout, stderr } = await run.outcome;
      expect(remains(host)).toEqual([]);
      expect({ code, stdout, stderr }).toEqual({
        code: codes[signal],
        stdout: "",
        stderr: `minidocker: resting\nminidocker: ended by ${signal}\n`,
      });
    }
  });

  rootTest("during a call that takes long ends it at once, and the next command leaves nothing", async () => {
    for (const signal of interrupts) {
      const run = resting(1, 60_000);
      await run.until("resting");
      // by now it knows
      await Bun.sleep(500);
      run.signal(signal);
      const { code, milliseconds } = await run.outcome;
      expect([signal, code]).toEqual([signal, codes[signal]]);
      expect(milliseconds).toBeLessThan(10_000);
      expect(await host.minidocker(["ps", "-aq"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
      expect(remains(host)).toEqual([]);
    }
  });
});

/** A layer that rests, as something that waits for a disk or a network would: so often, for so many milliseconds. */
const layerThatRests = (times: number, milliseconds: number): string => `
export default {
  name: "rest", summary: "rests", lesson: "none", requires: [],
  async apply(ctx) {
    ctx.step("rest");
    ctx.notice("resting");
    for (let i = 0; i < ${times}; i++) {
      await ctx.stage.nanosleep({ tv_sec: ${Math.floor(milliseconds / 1000)}, tv_nsec: ${(milliseconds % 1000) * 1e6} }, 0);
      ctx.stage.flush();
    }
  },
  explain: () => ({ about: "", steps: {} }),
  verify: () => [],
};
`;

describe("--init", () => {
  rootTest("is PID 1, reaps orphans, and the program is its child", async () => {
    const orphans = "for i in 1 2 3; do sh -c 'sleep 0.1 & exit'; done; sleep 0.5";
    const zombies = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";
    const script = `${orphans}; ${zombies}; echo $$; tr '\\0' ' ' </proc/1/cmdline`;
    const { stdout } = await host.minidocker(words(["--init"], "sh", "-c", script));
    expect(stdout).toBe("0\n2\nminidocker-stage ");
  });

  rootTest("without it nobody reaps for a program that does not", async () => {
    // sleep(1) as PID 1 is handed the orphan and never asks after it
    const script = "(sleep 0.1 & sleep 0.05 &) ; echo up; exec sleep 1";
    const run = host.startMinidocker(words(["--name", "untidy"], "sh", "-c", script));
    await run.until("up");
    await waitUntil(
      () => descendants(outerPid("untidy")).some((it) => it.state === "Z"),
      5000,
      () => "no zombie",
    );
    expect((await run.outcome).code).toBe(0);
  });

  // init gets its filter at the same time as the program, not before it
  rootTest("the program has no more of it than a child has: the same filter and capabilities", async () => {
    const field = "grep -h -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/1/status /proc/self/status";
    const { stdout } = await host.minidocker(words(["--init"], "sh", "-c", `sleep 0.3; ${field} | sort | uniq -c`));
    expect(
      stdout
        .trim()
        .split("\n")
        .map((it) => it.trim().replace(/\s+/g, " ")),
    ).toEqual(["2 CapBnd: 00000000a80425fb", "2 NoNewPrivs: 1", "2 Seccomp: 2"]);
  });
});

rootTest("--stop-signal is written down for whoever is to stop the container", async () => {
  await host.minidocker([
    "run",
    "--name",
    "stoppable",
    "--network",
    "none",
    "--stop-signal",
    "SIGUSR1",
    rootfs,
    "true",
  ]);
  const file = join(host.folder, "root/state/containers", idOf(host, "stoppable"), "config.json");
  const { annotations } = JSON.parse(readFileSync(file, "utf8")) as { annotations: Record<string, string> };
  expect(annotations["minidocker.stopSignal"]).toBe('"SIGUSR1"');
  await host.minidocker(["rm", "stoppable"]);
});

describe("a part of the runtime that is killed", () => {
  const stageOf = (run: Run): number =>
    descendants(run.pid).find((it) => processLink(it.pid, "exe").startsWith("/memfd:stage"))?.pid as number;

  async function killed(which: (run: Run) => number): Promise<Outcome> {
    const run = await start(["-m", "64m"], `(setsid sleep 61 &) ; echo up; ${LOOP}`);
    process.kill(which(run), "SIGKILL");
    return run.outcome;
  }

  rootTest("minidocker: all of the container ends, and the next command leaves nothing", async () => {
    expect((await killed((run) => run.pid)).code).toBe(137);
    expect(await host.minidocker(["ps", "-aq"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(remains(host)).toEqual([]);
  });

  rootTest("the supervisor: all of the container ends, minidocker says so and leaves nothing", async () => {
    const { code, stderr } = await killed(stageOf);
    expect(code).toBe(125);
    expect(stderr).toMatch(/^minidocker: the host stage ended.*\n$/);
    expect(remains(host)).toEqual([]);
  });
});
