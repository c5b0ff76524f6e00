// What is run in a held container: scripts and attacks.

import { describe, expect } from "bun:test";
import { EPERM } from "../../src/abi/errno.ts";
import { SIGKILL } from "../../src/abi/signal.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { heldContainers } from "../harness/held.ts";
import { rootTest } from "../harness/skip.ts";

const containers = heldContainers();
const { hold, finished } = containers;

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
    expect(await held.runScript("container", "id -u; grep CapEff /proc/self/status; echo opened >/dev/stderr")).toEqual(
      {
        output: "1234\nCapEff:\t0000000000000000\nopened\n",
        status: 0,
        timedOut: false,
      },
    );
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
    // a script that is waited for at one go leaves two
    expect(turns).toBeGreaterThan(5);
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

  rootTest(
    "that does not come back is ended by the kernel",
    async () => {
      const held = await finished();
      const action = async (stage: Stage) => stage.value(await stage.nanosleep({ tv_sec: 50n }, 0));
      expect(await held.attack(action)).toEqual({ killed: "SIGALRM" });
    },
    20_000,
  );

  rootTest("on a container whose first process has been killed says so, and back makes it anew", async () => {
    const held = await hold();
    await held.advance({ layer: "seccomp" });
    await held.advance("finished");
    process.kill(held.pid ?? 0, "SIGKILL");
    expect(held.runScript("container", "true")).rejects.toThrow("has ended: its first process");
    await held.back();
    await held.advance("finished");
    expect((await held.runScript("container", "echo again")).output).toBe("again\n");
  });

  rootTest("ends by itself, without the 100 ms after which it would be killed", async () => {
    const held = await finished();
    const start = performance.now();
    for (let i = 0; i < 60; i++) await held.attack(async (stage) => stage.value(await stage.getpid()));
    expect((performance.now() - start) / 60).toBeLessThan(75);
  });
});

rootTest(
  "a container that stops every new process of its own does not stop minidocker",
  async () => {
    const held = await finished();
    const stopper =
      'while :; do for it in /proc/*; do [ "$it" = "/proc/$$" ] || kill -STOP "$(basename "$it")"; done; done';
    await held.runScript("container", `sh -c '${stopper}' >/dev/null 2>&1 &`);
    const stopped = held.attack(async (stage) => {
      // it may take a few calls until it is seen
      for (;;) stage.value(await stage.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 }, 0));
    });
    expect(stopped).rejects.toThrow("does not answer");
    await stopped.catch(() => {});
  },
  40_000,
);

rootTest("a container that hides its /dev/pts gets no shell that is bound by fewer layers", async () => {
  const held = await finished("--layers=-capabilities,-seccomp");
  expect((await held.runScript("container", "umount /dev/pts")).status).toBe(0);
  await expect(held.shell()).rejects.toThrow("needs the container's /dev/pts");
  expect(containers.notices.join()).not.toContain("joins the namespaces");
});

rootTest("its hostname is told without running a program of its image, half-built and finished", async () => {
  const held = await hold("--hostname", "mars");
  await held.advance({ layer: "capabilities" });
  expect(await held.hostname()).toBe("mars");
  await held.advance("finished");
  await held.runScript("container", "rm /bin/busybox");
  expect(await held.hostname()).toBe("mars");
});
