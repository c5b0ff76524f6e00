// What stands for a stream that nobody has connected: the container's own null device. The host's is never in its hands, for
// who has a file open may change its mode, owner and times, if they are root.

import { beforeAll, describe, expect } from "bun:test";
import { readlinkSync, statSync } from "node:fs";
import { heldContainers } from "../harness/held.ts";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { descendants, processEntry } from "../harness/processes.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Run } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const words = (options: readonly string[], ...command: string[]): string[] => [
  ...["run", "--rm", "--network", "none", ...options, rootfs, ...command],
];

rootTest("what a volume has put in the place of /dev/null is not opened", async () => {
  const folder = `${host.folder}/dev`;
  for (const make of ["mkdir null", "mkfifo null", "mknod null c 1 1", "ln -s /nowhere null"]) {
    await host.command(["sh", "-ec", `rm -rf ${folder}; mkdir ${folder}; cd ${folder}; ${make}`]);
    const { code, stdout, stderr } = await host.minidocker(words(["-v", `${folder}:/dev`], "sh", "-c", "cat; echo in"));
    expect({ make, code, stdout, stderr }).toEqual({ make, code: 0, stdout: "in\n", stderr: "" });
  }
});

const attempts = (file: string): string => `chmod 600 ${file}; chown 5:6 ${file}; touch -d @0 ${file}`;

/** `minidocker ARGS` where /dev/null is a node that may come to harm. Resolves with what it is before and after. */
async function withNullOfItsOwn(args: readonly string[]) {
  const script = `
    set -e; cd ${host.folder}; mkdir -p nodes; mount -t tmpfs none nodes; mknod -m 666 nodes/null c 1 3; mount --bind nodes/null /dev/null
    look() { stat -c '%a %u:%g %Y %Z' nodes/null; }
    look; sleep 0.01; "$@" 2>&1 | sed 's/^/| /'; look`;
  const { stdout, stderr } = await host.command([
    "unshare",
    "-m",
    "sh",
    "-c",
    script,
    "sh",
    ...minidockerCommand(args),
  ]);
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  return { before: lines[0], after: lines.at(-1), inside: lines.slice(1, -1) };
}

describe("the host's null device stays as it is", () => {
  const own = "stat -Lc '%t:%T %a %u:%g %Y' /proc/self/fd/0";
  for (const options of [[], ["--init"], ["--rootless"]]) {
    rootTest(`whatever a program does to its stdin: run ${options.join(" ")}`, async () => {
      const { before, after, inside } = await withNullOfItsOwn(
        words(options, "sh", "-c", `exec 2>&1; ${attempts("/proc/self/fd/0")}; ${own}`),
      );
      expect(inside.at(-1)).toStartWith("| 1:3 ");
      expect(after).toBe(before as string);
    });
  }

  rootTest(
    "whatever a program does to the nodes in its /dev, in a user namespace in which root is the host's",
    async () => {
      const script = `exec 2>&1; ${attempts("/dev/null")}; echo x >/dev/null && echo written`;
      const { before, after, inside } = await withNullOfItsOwn(words(["--rootless"], "sh", "-c", script));
      expect(inside).toEqual([
        ...["chmod: /dev/null", "chown: /dev/null", "touch: /dev/null"].map((it) => `| ${it}: Read-only file system`),
        "| written",
      ]);
      expect(after).toBe(before as string);
    },
  );
});

/** Which file it is, wherever that is: device and inode. */
function identity(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}

/** The pid of the container's first process, which is the program where there is no other. */
async function standing(run: Run): Promise<number> {
  await run.until("up");
  const found = descendants(run.pid).find(({ name }) => name === "sleep");
  return found?.pid as number;
}

describe("without a null device in the container, stdin is a pipe that has ended", () => {
  for (const layers of ["-overlay", "-namespaces.mount,-overlay"]) {
    rootTest(`--layers=${layers}`, async () => {
      const script = "read line; echo read $?; echo up; exec sleep 60";
      const run = host.startMinidocker([...words(["--name", "piped", `--layers=${layers}`], "sh", "-c", script)]);
      const pid = await standing(run);
      expect(readlinkSync(`/proc/${pid}/fd/0`)).toStartWith("pipe:");
      expect((await host.minidocker(["rm", "-f", "piped"])).code).toBe(0);
      expect((await run.outcome).stdout).toBe("read 1\nup\n");
    });
  }

  rootTest("nor is it what a volume has put in its place, be it a file, a link or a FIFO", async () => {
    const make = "mkdir -p $0/a $0/b $0/c; echo text >$0/a/null; ln -s /proc/self/fd/1 $0/b/null; mkfifo $0/c/null";
    expect((await host.command(["sh", "-c", make, `${host.folder}/odd`])).code).toBe(0);
    for (const it of ["a", "b", "c"]) {
      const made = await host.minidocker(words(["-v", `${host.folder}/odd/${it}:/dev`], "readlink", "/proc/self/fd/0"));
      expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^pipe:/) });
    }
  });
});

rootTest("--init holds none of the program's streams: who writes to one that is closed is told so", async () => {
  const script = "exec <&-; echo up; exec sleep 60";
  const run = host.startMinidocker(words(["--name", "closed", "-i", "--init"], "sh", "-c", script), { input: "pipe" });
  const pid = await standing(run);
  const init = processEntry(pid)?.parent;
  for (const it of [0, 1, 2]) expect(identity(`/proc/${init}/fd/${it}`)).toBe(identity(`/proc/${pid}/root/dev/null`));
  expect((await host.minidocker(["rm", "-f", "closed"])).code).toBe(0);
  run.end();
  await run.outcome;
});

describe("in a held container", () => {
  const { finished, hold } = heldContainers();

  rootTest("the resident has the container's on all three", async () => {
    const held = await finished();
    const streams = [0, 1, 2].map((it) => identity(`/proc/${held.pid}/fd/${it}`));
    expect(new Set(streams)).toEqual(new Set([identity(`/proc/${held.pid}/root/dev/null`)]));
    expect(streams).not.toContain(identity("/dev/null"));
  });

  rootTest("a script in the half-built one has the one that is there by then", async () => {
    const held = await hold();
    await held.advance({ layer: "capabilities" });
    const { output } = await held.runScript("inside", "stat -Lc %d:%i /proc/self/fd/0");
    expect(output.trim()).toBe(identity(`/proc/${held.pid}/root/dev/null`));
  });
});
