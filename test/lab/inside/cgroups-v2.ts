// cgroup v2 only: its files, its rules, its programs for devices, and what an ordinary user is given.

import { expect, test } from "bun:test";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findCgroups } from "../../../src/core/cgroup-facts.ts";
import type { CgroupFacts } from "../../../src/core/facts.ts";
import { freeze } from "../../harness/freeze.ts";
import { type Grouped, inCgroup } from "../../harness/grouped.ts";
import { stages } from "../../harness/stages.ts";

const both = stages();
const MiB = 1024 * 1024;
const root = "/sys/fs/cgroup";

test("root has the whole tree, with all its controllers", () => {
  const { version, parents, controllers } = findCgroups();
  expect({ version, parents, controllers: controllers.toSorted() }).toEqual({
    version: "v2",
    parents: { unified: root },
    controllers: ["cpu", "io", "memory", "pids"],
  });
});

test("each limit is one file of the container's own folder", () => {
  const resources = {
    memory: { limit: 64 * MiB, swap: 96 * MiB, reservation: 32 * MiB },
    cpu: { quota: 25_000, period: 50_000, shares: 1024 },
    pids: { limit: 33 },
    unified: { "memory.high": `${48 * MiB}`, "memory.oom.group": "1" },
  };
  return inCgroup(both, { resources }, (it) => {
    const files = [
      "memory.max",
      "memory.swap.max",
      "memory.low",
      "memory.high",
      "memory.oom.group",
      "cpu.max",
      "cpu.weight",
      "pids.max",
    ];
    expect(Object.fromEntries(files.map((file) => [file, it.file(file)]))).toEqual({
      "memory.max": `${64 * MiB}`,
      "memory.swap.max": `${32 * MiB}`,
      "memory.low": `${32 * MiB}`,
      "memory.high": `${48 * MiB}`,
      "memory.oom.group": "1",
      "cpu.max": "25000 50000",
      "cpu.weight": "100",
      "pids.max": "33",
    });
  });
});

test("controllers are handed on to the container's folder, and not further", () =>
  inCgroup(both, {}, () => {
    const handedOn = (folder: string) =>
      readFileSync(`${folder}/cgroup.subtree_control`, "utf8").trim().split(" ").toSorted();
    expect(handedOn(`${root}/minidocker`)).toEqual(["cpu", "io", "memory", "pids"]);
    const [own] = readFolders(`${root}/minidocker`);
    expect(handedOn(`${root}/minidocker/${own}`)).toEqual([""]);
  }));

function readFolders(path: string): string[] {
  const { stdout } = Bun.spawnSync(["find", path, "-mindepth", "1", "-maxdepth", "1", "-type", "d", "-printf", "%f\n"]);
  return stdout.toString().split("\n").filter(Boolean);
}

test("with memory.oom.group all processes die together", () => {
  const resources = { memory: { limit: 24 * MiB, swap: 24 * MiB }, unified: { "memory.oom.group": "1" } };
  return inCgroup(both, { resources }, async (it) => {
    expect(await it.run("head -c 100000000 /dev/zero | tail >$folder/never; echo survived")).toBe(137);
    expect(it.output).not.toContain("survived");
    expect(it.cgroup.oomKills()).toBeGreaterThanOrEqual(2);
  });
});

test("without it the kernel picks one, and the shell lives to tell", () =>
  inCgroup(both, { resources: { memory: { limit: 24 * MiB, swap: 24 * MiB } } }, async (it) => {
    expect(await it.run("head -c 100000000 /dev/zero | tail >$folder/never; echo survived")).toBe(0);
    expect(it.output).toContain("survived");
    expect(it.cgroup.oomKills()).toBe(1);
  }));

test("a cgroup with processes cannot hand on controllers: the error names the way out", async () => {
  const full = `${root}/md-full`;
  mkdirSync(full);
  const sleeper = Bun.spawn(["sleep", "100"]);
  try {
    writeFileSync(`${full}/cgroup.procs`, String(sleeper.pid));
    const facts: CgroupFacts = { version: "v2", parents: { unified: full }, controllers: ["pids", "memory"] };
    const failing = inCgroup(both, { facts, resources: { memory: { limit: MiB } } }, () => {});
    expect(failing).rejects.toThrow(/EBUSY; .*md-full holds processes.*move them to a cgroup below it/);
    await failing.catch(() => {});
    // without a limit there is nothing to hand on: the container is made, and can be stopped and killed
    await inCgroup(both, { facts }, (it) => expect(it.cgroup.pids()).toEqual([it.pid]));
    expect(existsSync(`${full}/minidocker`)).toBe(false);
  } finally {
    sleeper.kill();
    await sleeper.exited;
    await removeSoon(full);
  }
});

async function removeSoon(folder: string): Promise<void> {
  for (let i = 0; i < 100 && existsSync(folder); i++) {
    try {
      rmdirSync(folder);
    } catch {
      await Bun.sleep(10);
    }
  }
}

const unlisted = {
  devices: [
    { allow: false, access: "rwm" },
    { allow: true, type: "c" as const, major: 1, minor: 3, access: "rw" },
  ],
};

test("a device program rules over cgroups that the container makes below its own", () =>
  inCgroup(both, { resources: unlisted, namespaces: [] }, async (it) => {
    const own = it.cgroup.folders.get("unified");
    expect(it.view.devicePrograms).toBe(1);
    const code = await it.run(`mkdir ${own}/below && echo $$ >${own}/below/cgroup.procs && cat /dev/zero`);
    expect(code).toBe(1);
    expect(it.output).toContain("Operation not permitted");
  }));

test("making a node is a right of its own: without m, mknod fails with EPERM", () =>
  inCgroup(both, { resources: unlisted }, async (it) => {
    expect(await it.run("mknod $folder/node c 1 3")).toBe(1);
    expect(it.output).toContain("Operation not permitted");
  }));

test("a v1 freezer and no cgroup.kill: processes are ended one by one", async () => {
  const folder = "/run/md-freezer";
  mkdirSync(folder);
  Bun.spawnSync(["mount", "-t", "cgroup", "-o", "freezer", "freezer", folder]);
  try {
    const facts: CgroupFacts = { version: "v1", parents: { freezer: folder }, controllers: ["freezer"] };
    await inCgroup(both, { facts, namespaces: [] }, async (it) => {
      await it.start(
        `mkfifo $folder/f; trap '' TERM; mkdir ${folder}/minidocker/*/below
         for i in 1 2 3 4 5 6 7 8; do read x <$folder/f & done; wait`,
      );
      await until(() => it.cgroup.pids().length === 9, it);
      await freeze(it.cgroup);
      await it.remove();
      expect(it.cgroup.pids()).toEqual([]);
    });
    expect(existsSync(`${folder}/minidocker`)).toBe(false);
  } finally {
    Bun.spawnSync(["umount", folder]);
    rmdirSync(folder);
  }
});

async function until(condition: () => boolean, it: Grouped): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await Bun.sleep(10);
  if (!condition()) throw new Error(`in vain; it has written: ${it.output}`);
}

/** A cgroup of the user's own, as systemd delegates one: the folder, and the files that move processes. */
function delegate(name: string, uid: number): string {
  const folder = `${root}/${name}`;
  mkdirSync(`${folder}/session`, { recursive: true });
  writeFileSync(`${root}/cgroup.subtree_control`, "+cpu +io +memory +pids");
  for (const it of ["", "/session"]) {
    for (const file of ["", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads"])
      chownSync(`${folder}${it}${file}`, uid, uid);
  }
  return folder;
}

/** Runs those tests of as-user.ts as uid 1000, in that cgroup. */
function passesAsUser(cgroup: string, name: string): void {
  const script = join(import.meta.dir, "as-user.ts");
  const user = "setpriv --reuid=1000 --regid=1000 --clear-groups";
  const command = `echo $$ >${cgroup}/cgroup.procs; exec ${user} ${process.execPath} test -t "${name}" ${script}`;
  const { exitCode, stdout, stderr } = Bun.spawnSync(["sh", "-c", command], { cwd: join(import.meta.dir, "../../..") });
  expect({ exitCode, said: exitCode === 0 ? "" : `${stdout}${stderr}` }).toEqual({ exitCode: 0, said: "" });
}

test("an ordinary user limits processes in the part of the tree that was given to them", async () => {
  const folder = delegate("md-user", 1000);
  try {
    passesAsUser(`${folder}/session`, "delegated:");
  } finally {
    await removeSoon(`${folder}/session`);
    await removeSoon(folder);
  }
});

test("minidocker run, as an ordinary user there, holds its limits and leaves nothing", async () => {
  const folder = delegate("md-user", 1000);
  const home = mkdtempSync("/tmp/md-home-");
  chownSync(home, 1000, 1000);
  const user = `setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=${home} XDG_RUNTIME_DIR=${home}`;
  const minidocker = `${process.execPath} ${join(import.meta.dir, "../../../src/main.ts")}`;
  const script = "cat /sys/fs/cgroup/memory.max; head -c 100000000 /dev/zero | tail >/dev/null";
  try {
    const { exitCode, stdout } = Bun.spawnSync([
      ...["sh", "-c", `echo $$ >${folder}/session/cgroup.procs; exec ${user} ${minidocker} "$@"`, "sh"],
      ...["run", "--rm", "--network", "none", "-m", "32m", "base", "sh", "-c", script],
    ]);
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 137, stdout: `${32 * MiB}\n` });
    expect(existsSync(`${folder}/minidocker`)).toBe(false);
  } finally {
    await removeSoon(`${folder}/session`);
    await removeSoon(folder);
    rmSync(home, { recursive: true, force: true });
  }
});

test("without a part of their own, a limit is an error, and a container without limits is made all the same", async () => {
  const folder = `${root}/md-session`;
  mkdirSync(folder);
  try {
    passesAsUser(folder, "in a login session:");
    passesAsUser(folder, "in a login session without a limit:");
  } finally {
    await removeSoon(folder);
  }
});
