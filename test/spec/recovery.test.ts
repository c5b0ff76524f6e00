// What is found after a crash, a reboot, or somebody else's hand in the files: the next command completes it or takes it back,
// and never touches what belongs to somebody else.

import { afterEach, beforeAll, describe, expect } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { privateHost } from "../harness/private-host.ts";
import { processEntry } from "../harness/processes.ts";
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
  ...["run", "--network", "none", ...options, rootfs, ...command],
];
const LOOP = "echo up; while :; do sleep 0.05; done";

const running: Run[] = [];

async function start(...options: string[]): Promise<Run> {
  const run = host.startMinidocker(words(options, "sh", "-c", LOOP), { timeout: 30_000 });
  running.push(run);
  await run.until("up");
  return run;
}

afterEach(async () => {
  if (!isRoot) return;
  const { stdout } = await host.minidocker(["ps", "-aq"]);
  const ids = stdout.split("\n").filter(Boolean);
  if (ids.length > 0) await host.minidocker(["rm", "-f", ...ids]);
  for (const it of running.splice(0)) await it.outcome;
  expect(remains(host)).toEqual([]);
});

const own = (path: string): string => join(host.folder, "root", path);
const stateOf = (name: string): string => own(`state/containers/${idOf(host, name)}/state.json`);

/** A container whose minidocker was killed while it ran. */
async function abandon(name: string, ...options: string[]): Promise<string> {
  const run = await start("--name", name, "-m", "64m", ...options);
  run.signal("SIGKILL");
  await run.outcome;
  return idOf(host, name);
}

const list = async (): Promise<Outcome> => host.minidocker(["ps", "-a", "--format", "{{.Names}} {{.Status}}"]);

describe("several commands at once", () => {
  rootTest("put the same abandoned containers in order, and each is done once", async () => {
    for (const it of ["a", "b", "c"]) await abandon(it);
    await abandon("d", "--rm");
    const all = await Promise.all(Array.from({ length: 6 }, list));
    for (const { code, stderr } of all) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(
      (await list()).stdout
        .replace(/ \S+ seconds? ago|Less than a second ago/g, "")
        .split("\n")
        .sort(),
    ).toEqual([
      "",
      expect.stringMatching(/^a Exited \(137\)/),
      expect.stringMatching(/^b Exited \(137\)/),
      expect.stringMatching(/^c Exited \(137\)/),
    ]);
  });

  rootTest("remove the same container: one does, the others say that it is not there", async () => {
    for (let round = 0; round < 3; round++) {
      expect((await host.minidocker(words(["--name", "one"], "true"))).code).toBe(0);
      const all = await Promise.all(Array.from({ length: 4 }, () => host.minidocker(["rm", "one"])));
      expect(all.map((it) => it.code).sort()).toEqual([0, 1, 1, 1]);
      for (const { code, stderr } of all) expect(stderr).toBe(code === 0 ? "" : "minidocker: No such container: one\n");
      expect(remains(host)).toEqual([]);
    }
  });

  rootTest("kill and remove the same container that runs", async () => {
    const run = await start("--name", "one");
    const all = await Promise.all(Array.from({ length: 3 }, () => host.minidocker(["rm", "-f", "one"])));
    for (const { code, stderr } of all) {
      expect(code).toBe(0);
      // to whoever comes late, by force it is no failure
      expect(["", "minidocker: No such container: one\n"]).toContain(stderr);
    }
    expect((await run.outcome).code).toBe(137);
  });

  rootTest("twenty containers at once: all run, and nothing is left", async () => {
    const runs = Array.from({ length: 20 }, (_, i) => host.minidocker(words(["--rm", "-m", "32m"], "echo", String(i))));
    const outcomes = await Promise.all(runs);
    expect(outcomes.map(({ code, stdout, stderr }) => ({ code, stdout, stderr }))).toEqual(
      outcomes.map((_, i) => ({ code: 0, stdout: `${i}\n`, stderr: "" })),
    );
    expect(remains(host)).toEqual([]);
  });
});

describe("a record that cannot be read", () => {
  const kinds: Readonly<Record<string, (path: string) => void>> = {
    emptied: (path) => writeFileSync(path, ""),
    "cut short": (path) => writeFileSync(path, readFileSync(path, "utf8").slice(0, 60)),
    "something else": (path) => writeFileSync(path, "\x7fELF\0\0\0"),
    removed: (path) => unlinkSync(path),
  };
  for (const [kind, damage] of Object.entries(kinds)) {
    rootTest(`${kind}: ps says so, and rm removes the container`, async () => {
      await host.minidocker(words(["--name", "hurt", "-m", "64m"], "sh", "-c", "echo 1 >/x"));
      damage(stateOf("hurt"));
      const { code, stdout } = await list();
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^hurt Damaged: .*state\.json/) });
      expect(await host.minidocker(["rm", "hurt"])).toMatchObject({ code: 0, stdout: "hurt\n", stderr: "" });
      expect(remains(host)).toEqual([]);
    });
  }

  rootTest("while the container runs: rm ends all of it", async () => {
    const run = await start("--name", "hurt", "-m", "64m");
    const pid = run.pid;
    writeFileSync(stateOf("hurt"), "{");
    expect(await host.minidocker(["rm", "-f", "hurt"])).toMatchObject({ code: 0, stdout: "hurt\n", stderr: "" });
    expect((await run.outcome).code).toBe(137);
    expect(processEntry(pid)).toBeUndefined();
  });
});

rootTest("a recorded pid that belongs to another process by now is spared", async () => {
  const bystander = host.start(["sleep", "60"]);
  await waitUntil(
    () => existsSync(`/proc/${bystander.pid}`),
    1000,
    () => "no bystander",
  );
  await Bun.sleep(30); // start times are counted in ticks of 10 ms: nobody else's may be the same
  const inner = Number(/^NSpid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${bystander.pid}/status`, "utf8"))?.[1]);
  await abandon("old");
  const record = JSON.parse(readFileSync(stateOf("old"), "utf8")) as Record<string, { pid: number }>;
  for (const who of ["process", "supervisor", "creator"]) record[who] = { ...record[who], pid: inner };
  writeFileSync(stateOf("old"), JSON.stringify(record));
  expect(await host.minidocker(["rm", "-f", "old"])).toMatchObject({ code: 0, stdout: "old\n", stderr: "" });
  expect(processEntry(bystander.pid)?.state).toBe("S");
  bystander.signal("SIGTERM");
  await bystander.outcome;
});

rootTest("what cannot be put in order does not keep other containers from being listed and removed", async () => {
  const id = await abandon("stuck");
  await abandon("other");
  const merged = own(`data/containers/${id}/merged`);
  const mount = await host.command(["mount", "-t", "tmpfs", "none", merged]);
  expect(mount).toMatchObject({ code: 0, stderr: "" });
  try {
    await host.command(["sh", "-c", `echo precious >${merged}/file`]);
    const forced = await host.minidocker(["rm", "-f", "stuck"]);
    expect(forced.code).toBe(1);
    expect(forced.stderr).toContain("is mounted");
    const { code, stdout } = await list();
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^other Exited \(137\)/m) });
    expect(await host.minidocker(["rm", "other"])).toMatchObject({ code: 0, stdout: "other\n" });
    expect((await host.command(["cat", `${merged}/file`])).stdout).toBe("precious\n");
  } finally {
    await host.command(["umount", merged]);
  }
  expect(await host.minidocker(["rm", "-f", "stuck"])).toMatchObject({ code: 0, stderr: "" });
});

describe("after a reboot", () => {
  const EARLIER = "00000000-0000-0000-0000-000000000000";

  /** As if the machine had been restarted since: the state is gone, and what has been written is of another boot. */
  async function forgotten(boot: (now: string) => string): Promise<string> {
    await host.minidocker(words(["--name", "old", "-v", "/anonymous"], "sh", "-c", "echo 1 >/written"));
    const id = idOf(host, "old");
    rmSync(own("state/containers"), { recursive: true });
    rmSync(own("state/names/old"));
    mkdirSync(own("state/containers"), { mode: 0o700 });
    const owner = own(`data/containers/${id}/owner`);
    const now = readlinkSync(owner);
    unlinkSync(owner);
    symlinkSync(boot(now), owner);
    return id;
  }

  const ofEarlierBoot = (now: string): string => now.replace(/^[^:]+/, EARLIER);

  rootTest("what containers have written is removed by the next command, with their anonymous volumes", async () => {
    const id = await forgotten(ofEarlierBoot);
    expect(remains(host)).toEqual([`data/containers/${id}`, `data/volumes/${id}-0`]);
    expect(await host.minidocker(["ps", "-a", "-q"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(remains(host)).toEqual([]);
  });

  rootTest("nothing of the current boot is removed: its state may be in another folder", async () => {
    const id = await forgotten((now) => now);
    await host.minidocker(["ps"]);
    expect(remains(host)).toContain(`data/containers/${id}`);
    rmSync(own(`data/containers/${id}`), { recursive: true });
    rmSync(own(`data/volumes/${id}-0`), { recursive: true });
  });

  rootTest("nor what a state folder elsewhere, which has survived, knows", async () => {
    const elsewhere = `${host.folder}/elsewhere`;
    const id = await forgotten((now) => ofEarlierBoot(now).replace(/:.*/, `:${elsewhere}`));
    mkdirSync(`${elsewhere}/containers/${id}`, { recursive: true });
    await host.minidocker(["ps"]);
    expect(remains(host)).toContain(`data/containers/${id}`);
    rmSync(elsewhere, { recursive: true });
    await host.minidocker(["ps"]);
    expect(remains(host)).toEqual([]);
  });

  rootTest("nor what is none of ours", async () => {
    mkdirSync(own("data/containers/notes"), { recursive: true });
    writeFileSync(own("data/containers/notes/owner"), ofEarlierBoot("x:/nowhere"));
    await host.minidocker(["ps"]);
    expect(readdirSync(own("data/containers"))).toEqual(["notes"]);
    rmSync(own("data/containers/notes"), { recursive: true });
  });
});
