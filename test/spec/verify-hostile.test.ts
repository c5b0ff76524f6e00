// verify looks at processes of strangers, often as root. What such a process has put in the place of the kernel's files is
// noticed, and neither opened nor followed nor believed.

import { describe, expect } from "bun:test";
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { defaultMaskedPaths } from "../../src/core/default-mounts.ts";
import { View } from "../../src/core/view.ts";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import type { Run } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();

/** Milliseconds within which a judgement has to be there. */
const SOON = 4000;
/** Bytes: whoever reads /dev/zero to its end fails instead of filling the machine. With 2 GiB, bun:ffi fails as well. */
const enough = ["prlimit", `--data=${2 ** 33}`];

/** An ordinary user's process in a user and a mount namespace of its own, once it has run `script` there. */
async function withHostile(script: string, judge: (pid: number) => Promise<void>): Promise<void> {
  const run: Run = host.start(["unshare", "-rm", "sh", "-ec", `${script}\necho ready; read -r _`], {
    rootless: true,
    input: "pipe",
  });
  try {
    await run.until("ready");
    const status = readFileSync(`/proc/${run.pid}/status`, "utf8");
    await judge(Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]));
  } finally {
    run.end();
    await run.outcome;
  }
}

/** What verify, run as root, says of the masks. */
async function masksOf(pid: number): Promise<unknown> {
  const program = [...enough, ...minidockerCommand([])];
  const outcome = await host.minidocker(["verify", "--json", "--pid", String(pid)], { program, timeout: SOON });
  expect(outcome).toMatchObject({ timedOut: false, stderr: "" });
  return (JSON.parse(outcome.stdout) as { id: string }[]).find((it) => it.id === "overlay.masks");
}

/** Masks as a container has them, by the process itself. */
const mask = (path: string): string =>
  `if [ -d ${path} ]; then mount -t tmpfs tmpfs ${path}; elif [ -e ${path} ]; then mount --bind /dev/null ${path}; fi`;
const masked = defaultMaskedPaths().map(mask).join("\n");

/** Puts what `make FILE` makes in the place of each file that verify has a word about. */
const inProc = (make: string): string =>
  `${masked}
   mount -t tmpfs tmpfs /proc
   for it in interrupts keys timer_list sched_debug kcore; do ${make} /proc/$it; done`;

const replaced = { verdict: "unknown", saw: expect.stringContaining("/proc: tmpfs") };

describe("a tmpfs in the place of /proc", () => {
  rootTest("with FIFOs in it does not stop verify", () =>
    withHostile(inProc("mkfifo"), async (pid) => expect(await masksOf(pid)).toMatchObject(replaced)),
  );

  rootTest("with links to an endless device in it does not fill the memory", () =>
    withHostile(inProc("ln -s /dev/zero"), async (pid) => expect(await masksOf(pid)).toMatchObject(replaced)),
  );

  rootTest("with links to a file of root's in it does not make verify read that", async () => {
    const canary = join(host.folder, "canary");
    writeFileSync(canary, "secret\n", { mode: 0o600 });
    utimesSync(canary, 1000, 2000); // even with relatime, a read would be seen
    await withHostile(inProc(`ln -s ${canary}`), async (pid) => expect(await masksOf(pid)).toMatchObject(replaced));
    expect(statSync(canary).atimeMs).toBe(1000_000);
  });

  rootTest("with links to a FIFO of root's in it does not take the message out of that", async () => {
    const canary = join(host.folder, "canary-fifo");
    await host.command(["mkfifo", "-m", "600", canary]);
    const fd = openSync(canary, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      writeSync(fd, "message");
      await withHostile(inProc(`ln -s ${canary}`), async (pid) => expect(await masksOf(pid)).toMatchObject(replaced));
      const left = Buffer.alloc(100);
      expect(left.toString("utf8", 0, readSync(fd, left))).toBe("message");
    } finally {
      closeSync(fd);
    }
  });

  rootTest("with files in it that read like the kernel's is not taken for /proc", () =>
    withHostile(inProc("echo invented >"), async (pid) => expect(await masksOf(pid)).toMatchObject(replaced)),
  );
});

describe("a mount over a file of /proc", () => {
  rootTest("masks it where it is none of the kernel's", () =>
    withHostile(masked, async (pid) => expect(await masksOf(pid)).toMatchObject({ verdict: "yes" })),
  );

  for (const other of ["interrupts", "uptime"]) {
    rootTest(`masks nothing where it is /proc/${other}`, () =>
      withHostile(
        `mount --bind /proc/${other} /proc/interrupts\n${masked.replace("[ -e /proc/interrupts ]", "false")}`,
        async (pid) => expect(await masksOf(pid)).toMatchObject({ verdict: "no", saw: "not masked: /proc/interrupts" }),
      ),
    );
  }
});

describe("what is read through the root of another process", () => {
  rootTest("is a file of /proc under its own name, or nothing", () =>
    withHostile("mount --bind /proc/uptime /proc/interrupts", async (pid) => {
      const view = new View(host.outerPid(pid));
      expect(view.inside("/proc/meminfo")).toStartWith("MemTotal:");
      expect(view.inside("/proc/interrupts")).toBeUndefined();
      expect(view.inside("/proc/self/status")).toBeUndefined();
      expect(view.inside("/etc/passwd")).toBeUndefined();
      expect(view.has("/proc/interrupts")).toBe(false);
      expect(view.has("/sys/kernel")).toBe(true);
    }),
  );
});
