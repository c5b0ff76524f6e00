// A held container: it stands still where one wants, is taken further and back, is looked at, entered and attacked, and leaves
// nothing. In this process, on the real kernel.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { EPERM } from "../../src/abi/errno.ts";
import { SIGKILL } from "../../src/abi/signal.ts";
import { command } from "../../src/cli/commands/run.ts";
import { parse } from "../../src/cli/parse.ts";
import type { RunValues } from "../../src/cli/run-options.ts";
import { readRunOptions, thisPlace } from "../../src/cli/run-read.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import { Held } from "../../src/engine/held.ts";
import { guardHost } from "../harness/guard.ts";
import { processEntry } from "../harness/processes.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

guardHost();

let folder = "";
let rootfs = "";
const saved = { ...process.env };
beforeAll(() => {
  if (!isRoot) return;
  folder = temporaryFolder();
  rootfs = makeRootfs(`${folder}/rootfs`);
  process.env["MINIDOCKER_STATE"] = `${folder}/state`;
  process.env["MINIDOCKER_DATA"] = `${folder}/data`;
});
afterAll(() => {
  for (const it of ["MINIDOCKER_STATE", "MINIDOCKER_DATA"]) {
    if (saved[it] === undefined) delete process.env[it];
    else process.env[it] = saved[it];
  }
  if (folder !== "") removeFolder(folder);
});

let all: Held[] = [];
let notices: string[] = [];
beforeEach(() => {
  notices = [];
});
afterEach(async () => {
  for (const it of all) await it.close();
  all = [];
  if (folder === "") return;
  for (const it of ["state/containers", "state/names", "data/containers"]) {
    if (existsSync(`${folder}/${it}`)) expect(readdirSync(`${folder}/${it}`)).toEqual([]);
  }
});

async function hold(...options: string[]): Promise<Held> {
  // without its own network namespace there is none to be empty
  const network = options.some((it) => /-(namespaces|network)$/.test(it)) ? [] : ["--network", "none"];
  const parsed = parse(command, [...network, ...options, rootfs]);
  if (parsed === "help") throw new Error("no options of run");
  const words = readRunOptions(parsed.values as unknown as RunValues, parsed.operands, thisPlace());
  const held = await Held.make(words, { notice: (text) => notices.push(text) });
  all.push(held);
  return held;
}

const finished = async (...options: string[]): Promise<Held> => {
  const held = await hold(...options);
  await held.advance("finished");
  return held;
};

/** Without what differs each time: numbers of namespaces, processes and sockets. */
const normal = (snapshot: Snapshot, held: Held): string[] =>
  [...snapshot].flatMap(([section, lines]) =>
    lines.map((it) => `${section}: ${it.replace(/\[\d+\]/g, "[…]").replaceAll(String(held.pid), "PID")}`),
  );

describe("where it stands", () => {
  rootTest("it is new, paused, running, closed", async () => {
    const held = await hold();
    expect([held.state, held.pid, held.pause]).toEqual(["new", undefined, undefined]);
    await held.advance({ layer: "overlay" });
    expect([held.state, held.pause?.layer]).toEqual(["paused", "overlay"]);
    await held.advance("finished");
    expect([held.state, held.pause]).toEqual(["running", undefined]);
    await held.close();
    expect(held.state).toBe("closed");
  });

  rootTest("it stops right before a layer, a step, a call, and from there at any smaller size", async () => {
    const held = await hold();
    const step = await held.advance({ layer: "namespaces", step: "set the hostname" });
    expect([step?.step, step?.call.name, step?.size]).toEqual(["set the hostname", "sethostname", "step"]);
    const call = await held.advance({ layer: "overlay", call: "pivot_root" });
    expect([call?.layer, call?.call.name, call?.size]).toEqual(["overlay", "pivot_root", "call"]);
    const next = await held.advance({ size: "call" });
    expect(next?.made.map((it) => it.name)).toEqual(["pivot_root"]);
    expect((await held.advance({ size: "layer" }))?.layer).toBe("network");
  });

  rootTest("a place that has gone by leaves it where it is", async () => {
    const held = await hold();
    const there = await held.advance({ layer: "overlay" });
    expect(await held.advance({ layer: "namespaces", step: "set the hostname" })).toBe(there);
    expect(await held.advance({ layer: "overlay" })).toBe(there);
  });

  rootTest("a place that does not come is told, and then it runs", async () => {
    const held = await hold();
    const going = held.advance({ layer: "overlay", step: "no such step" });
    expect(going).rejects.toThrow('does not come by "overlay: no such step"');
    await going.catch(() => {});
    expect(held.state).toBe("running");
  });

  rootTest("the program is as bound as any, and each layer judges so", async () => {
    const held = await finished("--memory", "64m");
    const verdicts = held.checks().flatMap((it) => it.checks.map(({ id, verdict }) => [id, verdict]));
    expect(verdicts).toContainEqual(["seccomp.filter", "yes"]);
    expect(verdicts).toContainEqual(["no-new-privs.bit", "yes"]);
    expect(verdicts).toContainEqual(["capabilities.bounding", "yes"]);
    expect(verdicts).toContainEqual(["overlay.root", "yes"]);
    expect(held.snapshot().get("descriptors")).toHaveLength(4);
  });
});

describe("back", () => {
  rootTest("twice, it is as it was at the pauses before, with the same id and name", async () => {
    const held = await hold();
    const seen = [];
    const places = [
      { layer: "namespaces", step: "set the hostname" },
      { layer: "overlay", call: "pivot_root" },
      { layer: "capabilities" },
    ];
    for (const to of places) {
      const pause = await held.advance(to);
      seen.push({ pause, state: normal(held.snapshot(), held) });
    }
    await held.runScript("inside", "hostname changed");
    const { id, name } = held;
    for (const earlier of [seen[1], seen[0]]) {
      const pause = await held.back();
      expect([pause.layer, pause.step, pause.call.show()]).toEqual([
        earlier?.pause?.layer as string,
        earlier?.pause?.step as string,
        earlier?.pause?.call.show() as string,
      ]);
      expect(normal(held.snapshot(), held)).toEqual(earlier?.state as string[]);
      expect(pause.changes.map((it) => it.section)).toEqual(earlier?.pause?.changes.map((it) => it.section) ?? []);
    }
    expect([held.id, held.name]).toEqual([id, name]);
    expect(held.back()).rejects.toThrow("this is the first pause");
  });

  rootTest("from the finished one, it is at the last pause, and can be finished again", async () => {
    const held = await hold();
    await held.advance({ layer: "seccomp" });
    await held.advance("finished");
    await held.runScript("container", "echo lost >/file");
    expect((await held.back()).layer).toBe("seccomp");
    await held.advance("finished");
    expect((await held.runScript("container", "cat /file")).status).toBe(1);
  });
});

describe("a script", () => {
  rootTest("in the container is bound by all layers", async () => {
    const held = await finished("--hostname", "mars", "--env", "COLOUR=red", "--workdir", "/tmp");
    const { output, status } = await held.runScript(
      "container",
      'hostname; pwd; echo "$COLOUR" $$; grep -E "CapEff|NoNewPrivs|Seccomp:" /proc/self/status; mount -t tmpfs none /mnt; exit 7',
    );
    expect(output.split("\n").slice(0, 6)).toEqual([
      "mars",
      "/tmp",
      "red 2",
      "CapEff:\t00000000a80425fb",
      "NoNewPrivs:\t1",
      "Seccomp:\t2",
    ]);
    expect(output).toContain("mount");
    expect(status).toBe(7);
  });

  rootTest("is another user where the container is", async () => {
    const held = await finished("--user", "alice");
    expect(await held.runScript("container", "id -u; grep CapEff /proc/self/status")).toEqual({
      output: "1234\nCapEff:\t0000000000000000\n",
      status: 0,
      timedOut: false,
    });
  });

  rootTest("inside the half-built one is in its namespaces, with the rights of the host's root", async () => {
    const held = await hold("--hostname", "mars");
    await held.advance({ layer: "no-new-privs" });
    const { output } = await held.runScript("inside", "hostname; ls -d /proc/1; grep -E 'CapEff' /proc/self/status");
    expect(output).toMatch(/^mars\n\/proc\/1\nCapEff:\t0*[0-9a-f]{9,}\n$/);
  });

  rootTest("is not waited for longer than its shell, nor longer than its time", async () => {
    const held = await finished();
    const start = performance.now();
    expect(await held.runScript("container", "sleep 50 & echo begun")).toMatchObject({ output: "begun\n", status: 0 });
    const late = await held.runScript("container", "echo begun; sleep 50; echo never", { timeout: 200 });
    expect(late).toEqual({ output: "begun\n", status: 128 + SIGKILL, timedOut: true });
    expect(performance.now() - start).toBeLessThan(3000);
    expect((await held.runScript("container", "kill -TERM $$")).status).toBe(143);
  });

  rootTest("that prints more than a MiB goes on, and what is too much is left out", async () => {
    const held = await finished();
    const { output, status } = await held.runScript("container", "yes | head -c 3000000; exit 5");
    expect([output.length, status]).toEqual([1024 * 1024, 5]);
  });

  rootTest("leaves the event loop free, and two containers side by side", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const [a, b] = await Promise.all([finished("--hostname", "a"), finished("--hostname", "b")]);
    const outputs = await Promise.all([a, b].map((it) => it.runScript("container", "sleep 0.3; hostname")));
    clearInterval(timer);
    expect(outputs.map((it) => it.output)).toEqual(["a\n", "b\n"]);
    expect(turns).toBeGreaterThan(20);
  });
});

describe("an attack", () => {
  rootTest("is a process of its own, bound by the layers", async () => {
    const held = await finished();
    const refused = await held.attack(async (stage) => {
      return stage.value(await stage.sethostname("x", 1, { tolerate: [EPERM] }));
    });
    expect(refused).toBe(-EPERM);
  });

  rootTest("that is killed says by what, and the next one is not harmed", async () => {
    const held = await finished();
    const killed = await held.attack(async (stage) => {
      const pid = stage.value(await stage.getpid());
      await stage.kill(pid, SIGKILL);
      stage.flush();
      return "alive";
    });
    expect(killed).toEqual({ killed: "SIGKILL" });
    expect(await held.attack(async (stage) => stage.value(await stage.getpid()) > 1)).toBe(true);
  });

  rootTest("takes milliseconds", async () => {
    const held = await finished();
    const start = performance.now();
    for (let i = 0; i < 60; i++) await held.attack(async (stage) => stage.value(await stage.getpid()));
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe("left out", () => {
  for (const layer of ["namespaces", "cgroups", "overlay", "network", "capabilities", "no-new-privs", "seccomp"]) {
    rootTest(`${layer}: it can be held, scripts run, and nothing is left`, async () => {
      const held = await finished(`--layers=-${layer}`);
      const { output, status } = await held.runScript("container", "sleep 1000 & echo $!; (setsid sleep 1000 &)");
      // without /dev/null the shell has nothing that it could give to what runs in the background, and says so
      expect({ status, number: /^\d+\n/.test(output) }).toEqual({ status: 0, number: true });
      expect(await held.attack(async (stage) => stage.value(await stage.getpid()) > 0)).toBe(true);
    });
  }

  rootTest("with --init, the program is the resident and not the first process", async () => {
    const held = await finished("--init");
    expect((await held.runScript("container", "cat /proc/2/cmdline; echo; echo $$")).output).toBe("resident\0\n3\n");
  });
});

describe("the end", () => {
  rootTest("comes at any pause, also unasked when the making fails", async () => {
    const held = await hold();
    await held.advance({ layer: "overlay", call: "pivot_root" });
    const { pid = 0 } = held;
    await held.close();
    await waitUntil(
      () => (processEntry(pid)?.state ?? "Z") === "Z",
      1000,
      () => `${pid} is still there`,
    );
    const failing = await hold("--entrypoint", "/nowhere");
    const going = failing.advance("finished");
    expect(going).rejects.toThrow("/nowhere: no such file in the container");
    await going.catch(() => {});
    expect(failing.state).toBe("closed");
  });

  rootTest("comes while it is being made", async () => {
    const held = await hold();
    await held.advance({ layer: "namespaces" });
    const going = held.advance("finished").catch(() => {});
    await held.close();
    await going;
  });
});
