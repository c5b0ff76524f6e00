// Without a pid namespace nothing of the kernel's ends with the program: what it has started, minidocker ends.

import { beforeAll, describe, expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { descendants, processes, processLink } from "../harness/processes.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { type Run, waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const words = (layers: string, script: string, ...options: string[]): string[] => [
  ...["run", "--rm", `--layers=${layers}`, ...options, rootfs, "sh", "-c", script],
];

/** In the background; as an orphan in a session of its own; as the child of one that is not reaped. */
const LEFT = "sleep 61 & (setsid sleep 61 &); sh -c 'sleep 61 & exec sleep 61' &";

const sleepers = (): number =>
  [...processes().values()].filter(({ name, state }) => name === "sleep" && state !== "Z").length;

const combinations = [
  "-namespaces.pid",
  "-namespaces.pid,-cgroups",
  "-namespaces.pid,-namespaces.mount,-cgroups,-network",
  "-namespaces,-cgroups,-network",
];

describe("what the program leaves behind ends with it", () => {
  for (const layers of combinations) {
    rootTest(`--layers=${layers}`, async () => {
      const before = sleepers();
      const { code, stdout, milliseconds } = await host.minidocker(
        words(layers, `${LEFT} sleep 0.2; echo ran; exit 3`),
      );
      expect({ code, stdout }).toEqual({ code: 3, stdout: "ran\n" });
      expect(sleepers()).toBe(before);
      expect(milliseconds).toBeLessThan(10_000);
      expect(remains(host)).toEqual([]);
    });
  }

  rootTest("under --init as well", async () => {
    const before = sleepers();
    const script = `${LEFT} sleep 0.2; exit 3`;
    expect((await host.minidocker(words("-namespaces.pid,-cgroups", script, "--init"))).code).toBe(3);
    expect(sleepers()).toBe(before);
  });

  rootTest("a program that stops its supervisor is ended by rm --force", async () => {
    const run = host.startMinidocker(words("-namespaces.pid", "kill -STOP $PPID; sleep 61", "--name", "stops"));
    await waitUntil(
      () => [...processes().values()].some((it) => it.state === "T" && processLink(it.pid, "exe").includes("stage")),
      5000,
      () => "nobody has been stopped",
    );
    const { code, stderr, milliseconds } = await host.minidocker(["rm", "--force", "stops"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(milliseconds).toBeLessThan(8000);
    await run.outcome;
    expect(remains(host)).toEqual([]);
  });

  rootTest("also what writes on and on", async () => {
    const { code, timedOut } = await host.minidocker(
      words("-namespaces.pid,-cgroups", "for i in 1 2 3 4; do yes & done; sleep 0.1; exit 3"),
      { timeout: 10_000 },
    );
    expect({ code, timedOut }).toEqual({ code: 3, timedOut: false });
  });
});

describe("a part of the runtime that is killed: what the program has started ends", () => {
  const stageOf = (run: Run): number =>
    descendants(run.pid).find((it) => processLink(it.pid, "exe").startsWith("/memfd:stage"))?.pid as number;

  async function killed(which: (run: Run) => number): Promise<number> {
    const run = host.startMinidocker(words("-namespaces.pid,-cgroups", `${LEFT} sleep 0.2; echo up; sleep 61`), {
      timeout: 20_000,
    });
    await run.until(/^up$/m);
    process.kill(which(run), "SIGKILL");
    return (await run.outcome).code;
  }

  rootTest("minidocker: with the next command", async () => {
    const before = sleepers();
    expect(await killed((run) => run.pid)).toBe(137);
    expect(await host.minidocker(["ps", "-aq"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(sleepers()).toBe(before);
    expect(remains(host)).toEqual([]);
  });

  rootTest("the supervisor: at once", async () => {
    const before = sleepers();
    expect(await killed(stageOf)).toBe(125);
    expect(sleepers()).toBe(before);
    expect(remains(host)).toEqual([]);
  });
});
