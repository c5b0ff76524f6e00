// Who has stopped reading a program's output stops the program, sooner or later, as without a container. They do not stop minidocker:
// signals get through, the exit code is known, and the container can be removed.

import { beforeAll, describe, expect } from "bun:test";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome, Run } from "../harness/run.ts";
import { onSilentTerminal } from "../harness/silent-terminal.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

/** Says more on both streams than anybody can hold, and ends with 9 at SIGTERM. */
const talkative = "trap 'exit 9' TERM; yes & yes >&2 & wait";

/** `SHELL` with a `run` in it, which is minidocker with the program. */
function start(shell: string, ...options: string[]): Run {
  const words = [...["run", "--rm", "--name", "talkative", "--network", "none"], ...options, rootfs];
  const quoted = minidockerCommand([...words, "sh", "-c", talkative]).map((it) => `'${it.replaceAll("'", "'\\''")}'`);
  return host.start(["bash", "-c", shell.replace("run", quoted.join(" "))], { timeout: 30_000 });
}

const places: readonly [name: string, redirection: string, options: readonly string[]][] = [
  ["on a terminal", ">TERMINAL 2>&1", []],
  ["on a terminal, with -t", ">TERMINAL 2>&1", ["-t"]],
  ["on a terminal, with -it", "<TERMINAL >TERMINAL 2>&1", ["-it"]],
];

for (const [name, redirection, options] of places) {
  describe(name, () => {
    const run = (terminal: string): Run =>
      start(`exec run ${redirection.replaceAll("TERMINAL", terminal)}`, ...options);

    rootTest(
      "a signal reaches the program; another one means not to wait for the reader; its exit code comes",
      async () => {
        await onSilentTerminal(async (terminal) => {
          const started = run(terminal);
          await Bun.sleep(1500);
          started.signal("SIGTERM");
          await Bun.sleep(1000);
          started.signal("SIGTERM");
          expect(await started.outcome).toMatchObject({ code: 9, timedOut: false });
        });
        expect(remains(host)).toEqual([]);
      },
    );

    rootTest("it can be removed", async () => {
      await onSilentTerminal(async (terminal) => {
        const started = run(terminal);
        await Bun.sleep(1500);
        await expectRemoved(started, 137);
      });
    });
  });
}

rootTest("into one pipe, stdout and stderr: it can be removed", async () => {
  // what is read at last makes room for one of the two, which both of them are told of
  const reader = "(sleep 1; dd bs=4096 count=1 of=/dev/null status=none; exec sleep 8)";
  const started = start(`(run 2>&1; echo ended with $? >&2) | ${reader}`);
  await Bun.sleep(2500);
  await expectRemoved(started, 0);
  expect((await started.outcome).stderr).toBe("ended with 137\n");
});

async function expectRemoved(started: Run, code: number): Promise<void> {
  const removed: Outcome = await host.minidocker(["rm", "-f", "talkative"]);
  expect(removed).toMatchObject({ code: 0, stderr: "" });
  expect(removed.milliseconds).toBeLessThan(4000);
  expect(await started.outcome).toMatchObject({ code, timedOut: false });
  expect(remains(host)).toEqual([]);
}
