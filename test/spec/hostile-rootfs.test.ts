// Root file systems made by somebody who wants the runtime to write outside of them: a link, a fifo, a device, … wherever the
// runtime mounts or makes something. Each either works or is refused with an error that says so; none changes the host; none hangs.

import { afterAll, beforeAll, expect } from "bun:test";
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AT_FDCWD } from "../../src/abi/fcntl.ts";
import { makedev, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK } from "../../src/abi/stat.ts";
import type { Mount, Spec } from "../../src/core/spec.ts";
import { StageError } from "../../src/stage/error.ts";
import type { Stage } from "../../src/stage/stage.ts";
import { type BoxOptions, boxTest, inBox } from "../harness/boxed.ts";
import { stages } from "../harness/stages.ts";

const both = stages();

/** What stands in the image where something else is expected. `at` is absolute, `canary` a folder of the host's. */
type Trap = (at: string, canary: string, host: Stage) => unknown;

const up = "../".repeat(40);

const traps: Readonly<Record<string, Trap>> = {
  "an absolute link to a folder of the host": (at, canary) => symlinkSync(canary, at),
  "a link with .. to a folder of the host": (at, canary) => symlinkSync(`${up}${canary.slice(1)}`, at),
  "an absolute link to a file of the host": (at, canary) => symlinkSync(join(canary, "file"), at),
  "a link to something new on the host": (at, canary) => symlinkSync(join(canary, "new"), at),
  "a link with .. to something new on the host": (at, canary) => symlinkSync(`${up}${canary.slice(1)}/new`, at),
  "a link to /": (at) => symlinkSync("/", at),
  "a link to ..": (at) => symlinkSync("..", at),
  "a link to itself": (at) => symlinkSync(at.slice(at.lastIndexOf("/") + 1), at),
  "two links that lead to each other": (at) => {
    symlinkSync(`${at.slice(at.lastIndexOf("/") + 1)}.2`, at);
    symlinkSync(at.slice(at.lastIndexOf("/") + 1), `${at}.2`);
  },
  "links through /proc/self/root": (at, canary) => symlinkSync(`/proc/self/root${canary}`, at),
  "a link to /proc/self/cwd": (at) => symlinkSync("/proc/self/cwd", at),
  "a link to /proc/self/fd/4": (at) => symlinkSync("/proc/self/fd/4", at),
  "a link to /proc/1/root": (at) => symlinkSync("/proc/1/root", at),
  "a link to /proc/self/attr": (at) => symlinkSync("/proc/self/attr", at),
  "a link to /proc/sys/kernel": (at) => symlinkSync("/proc/sys/kernel", at),
  "a link to /proc/sysrq-trigger": (at) => symlinkSync("/proc/sysrq-trigger", at),
  "a link to /sys/fs/cgroup": (at) => symlinkSync("/sys/fs/cgroup", at),
  "a link to /dev/pts": (at) => symlinkSync("/dev/pts", at),
  "a file": (at) => writeFileSync(at, "not a folder\n"),
  "a folder with files": (at) => {
    mkdirSync(at);
    writeFileSync(join(at, "file"), "the image's\n");
  },
  "a fifo": (at, _, host) => host.mknodat(AT_FDCWD, at, S_IFIFO | 0o666, 0),
  "a socket": (at, _, host) => host.mknodat(AT_FDCWD, at, S_IFSOCK | 0o666, 0),
  "the null device": (at, _, host) => host.mknodat(AT_FDCWD, at, S_IFCHR | 0o666, makedev(1, 3)),
  "a device that blocks when it is opened": (at, _, host) =>
    host.mknodat(AT_FDCWD, at, S_IFCHR | 0o666, makedev(4, 64)),
  "the kernel's log": (at, _, host) => host.mknodat(AT_FDCWD, at, S_IFCHR | 0o666, makedev(1, 11)),
  "a disk": (at, _, host) => host.mknodat(AT_FDCWD, at, S_IFBLK | 0o666, makedev(7, 250)),
};

interface Place {
  /** Where the trap is, in the image. */
  readonly path: string;
  /** What makes the runtime go there, where it does not anyway. */
  readonly options?: (canary: string) => Pick<BoxOptions, "mounts" | "change" | "namespaces">;
}

const bind = (destination: string, source: string): Mount => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", "ro"],
});
const cwd = (path: string) => ({ change: (spec: Spec) => Object.assign(spec.process, { cwd: path }) });

const places: readonly Place[] = [
  { path: "/proc" },
  { path: "/sys" },
  { path: "/dev" },
  { path: "/etc" },
  { path: "/etc/hosts" },
  { path: "/etc/resolv.conf" },
  { path: "/proc/self" },
  { path: "/dev/shm" },
  { path: "/dev/null" },
  { path: "/dev/pts" },
  {
    path: "/dev",
    options: () => ({
      change: (spec) => {
        spec.mounts = spec.mounts.filter((it) => !it.destination.startsWith("/dev"));
      },
    }),
  },
  { path: "/dev", options: () => ({ namespaces: ["pid"] }) },
  { path: "/dev/null", options: () => ({ namespaces: ["pid"] }) },
  { path: "/work", options: () => cwd("/work") },
  { path: "/work", options: () => cwd("/work/deep/er") },
  { path: "/data", options: (canary) => ({ mounts: [bind("/data", `${canary}/source`)] }) },
  { path: "/data", options: (canary) => ({ mounts: [bind("/data/deep/er", `${canary}/source`)] }) },
  { path: "/data", options: (canary) => ({ mounts: [bind("/data", `${canary}/source/file`)] }) },
  { path: "/data", options: (canary) => ({ mounts: [bind("/data/deep/file", `${canary}/source/file`)] }) },
  {
    path: "/data",
    options: () => ({ mounts: [{ destination: "/data", type: "tmpfs", source: "tmpfs", options: [] }] }),
  },
  {
    path: "/data",
    options: () => ({
      change: (spec) => spec.linux.devices?.push({ type: "c", path: "/data/null", major: 1, minor: 3 }),
    }),
  },
  { path: "/data", options: () => ({ change: (spec) => spec.linux.maskedPaths?.push("/data") }) },
  { path: "/data", options: () => ({ change: (spec) => spec.linux.maskedPaths?.push("/data/deep") }) },
  { path: "/data", options: () => ({ change: (spec) => spec.linux.readonlyPaths?.push("/data") }) },
];

/** All that is in a folder, with contents and times. */
function inventory(folder: string): string[] {
  const found = readdirSync(folder, { withFileTypes: true }).flatMap((it) => {
    const path = join(folder, it.name);
    const { mode, mtimeMs, ctimeMs } = lstatSync(path);
    const row = `${path} ${mode.toString(8)} ${mtimeMs} ${ctimeMs} ${it.isFile() ? readFileSync(path, "utf8") : ""}`;
    return it.isDirectory() ? [row, ...inventory(path)] : [row];
  });
  const { mode, mtimeMs, ctimeMs } = lstatSync(folder);
  return [`${folder} ${mode.toString(8)} ${mtimeMs} ${ctimeMs}`, ...found];
}

function plant(rootfs: string, path: string, trap: Trap, canary: string, host: Stage): unknown {
  const at = join(rootfs, path);
  mkdirSync(dirname(at), { recursive: true });
  rmSync(at, { recursive: true, force: true });
  return trap(at, canary, host);
}

// The stage is waited for with blocking calls: one that never came back would stop this process, too.
const seconds = 280;
let watchdog: Bun.Subprocess<"pipe", "ignore", "inherit"> | undefined;
beforeAll(() => {
  // read(1) of bash ends with more than 128 when the time is up, with 1 when its input ends
  const script = `read -t ${seconds} _; [ $? -le 128 ] || kill -9 ${process.pid}`;
  watchdog = Bun.spawn(["bash", "-c", script], { stdio: ["pipe", "ignore", "inherit"] });
});
afterAll(async () => {
  await watchdog?.stdin.end();
  await watchdog?.exited;
});

let tried = 0;
let refused = 0;

/** In the lab's kernel, which takes its time, every seventh pair of trap and place stands for the rest. */
const every = readFileSync("/proc/cpuinfo", "utf8").includes("User Mode Linux") ? 7 : 1;

for (const [i, [name, trap]] of Object.entries(traps).entries()) {
  boxTest(
    `${name}, wherever it is in the image, changes nothing on the host`,
    async () => {
      for (const [j, place] of places.entries()) {
        if ((i + j) % every !== 0) continue;
        tried++;
        const error = await enter(trap, place);
        if (error === undefined) continue;
        refused++;
        expectClear(error, `${name} at ${place.path}`);
      }
    },
    60_000,
  );
}

/** Makes a container of such an image and runs a program in it. Returns the error with which it was refused, if it was. */
async function enter(trap: Trap, { path, options }: Place): Promise<Error | undefined> {
  let before: string[] = [];
  const look = (folder: string): string[] => [
    ...inventory(join(folder, "canary")),
    ...inventory(join(folder, "rootfs")),
  ];
  const box: BoxOptions = {
    image: smallImage,
    async prepare(folder, host) {
      const canary = join(folder, "canary");
      mkdirSync(join(canary, "source"), { recursive: true });
      for (const it of ["file", "source/file"]) writeFileSync(join(canary, it), "the host's\n");
      await plant(join(folder, "rootfs"), path, trap, canary, host);
      host.flush();
      before = look(folder);
    },
    change(spec, folder) {
      const chosen = options?.(join(folder, "canary")) ?? {};
      spec.mounts.push(...(chosen.mounts ?? []));
      if (chosen.namespaces !== undefined) spec.linux.namespaces = chosen.namespaces.map((type) => ({ type }));
      chosen.change?.(spec, folder);
    },
    afterwards: (folder) => expect(look(folder)).toEqual(before),
  };
  try {
    await inBox(both, box, async (it) => {
      // a program of the image runs in it
      expect((await it.run("sh", "-c", "exit 7")).code).toBe(7);
    });
  } catch (error) {
    if (error instanceof StageError || /^overlay: /.test((error as Error).message)) return error as Error;
    throw error;
  }
  return undefined;
}

const busybox = "/bin/busybox";

/** Just enough to run a shell. */
function smallImage(rootfs: string): void {
  for (const it of ["bin", "dev", "etc", "home", "proc", "sys"]) mkdirSync(join(rootfs, it), { recursive: true });
  copyFileSync(busybox, join(rootfs, "bin/sh"));
}

/** It names the layer, the call or the place, and what to do about it; and it is not one of this test's own. */
function expectClear(error: Error, where: string): void {
  const { message } = error;
  if (error instanceof StageError) {
    expect(message).toMatch(/^overlay: /);
    expect({ where, message, remedy: error.remedy }).toEqual({ where, message, remedy: expect.any(String) });
  } else {
    expect(message).toMatch(/^overlay: .* leads into \/proc/);
  }
}

boxTest("some hostile images run all the same, and some are refused", () => {
  expect(tried).toBeGreaterThan(44);
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(tried);
});
