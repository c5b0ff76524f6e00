// A held container: it stands still where one wants, is taken further and back, and leaves nothing. In this process, on the real
// kernel.

import { describe, expect } from "bun:test";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { Held } from "../../src/engine/held.ts";
import { heldContainers } from "../harness/held.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const containers = heldContainers();
const { hold, finished } = containers;

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

  rootTest("call by call, all the way to the end, also between the filter and the program", async () => {
    const held = await hold();
    const names = [];
    await held.advance({ layer: "capabilities" });
    for (let pause = held.pause; pause !== undefined; pause = await held.advance({ size: "call" }))
      names.push(pause.call.name);
    expect(names.slice(-3)).toEqual(["seccomp", "fcntl", "execveat"]);
    expect((await held.runScript("container", "echo $$")).output).toBe("2\n");
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
    const held = await hold("--volume", "/volume");
    await held.advance({ layer: "seccomp" });
    await held.advance("finished");
    await held.runScript("container", "echo lost >/file; echo lost >/volume/file");
    expect((await held.back()).layer).toBe("seccomp");
    await held.advance("finished");
    expect((await held.runScript("container", "ls -d /volume /file /volume/file 2>&- ")).output).toBe("/volume\n");
  });
});

describe("left out", () => {
  for (const layer of ["namespaces", "cgroups", "overlay", "network", "capabilities", "no-new-privs", "seccomp"]) {
    rootTest(`${layer}: it can be held, scripts run, and nothing is left`, async () => {
      const held = await finished(`--layers=-${layer}`);
      // without /dev/null the shell has nothing that it could give to what runs in the background, and says so: in pieces, which are
      // not to come into the middle of the number
      const script = "sleep 1000 & first=$!; (setsid sleep 1000 &); sleep 0.5; echo; echo $first";
      const { output, status } = await held.runScript("container", script);
      expect({ status, number: /^\d+$/m.test(output) }).toEqual({ status: 0, number: true });
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

  rootTest("comes while it is on its way, forth or back", async () => {
    for (const go of [(held: Held) => held.advance("finished"), (held: Held) => held.back()]) {
      const held = await hold();
      await held.advance({ layer: "namespaces", step: "set the hostname" });
      await held.advance({ layer: "cgroups" });
      const outcome = go(held).then(
        () => "made",
        () => "given up",
      );
      await held.close();
      expect(await outcome).toBe("given up");
    }
  });

  rootTest(
    "is the same wherever a call fails",
    async () => {
      for (let call = 1; call < 280; call += 9) {
        process.env["MINIDOCKER_FAULT"] = `${call}:EIO`;
        try {
          const held = await hold("--memory", "64m");
          await held.advance("finished").catch((error: unknown) => expect(String(error)).toContain("EIO"));
          await held.close();
        } finally {
          delete process.env["MINIDOCKER_FAULT"];
        }
      }
      expect(containers.notices).toEqual([]);
    },
    30_000,
  );
});
