// `--trace` shows every call that is made; `--dry-run` makes none. That both show the same is in plan-trace.test.ts.

import { beforeAll, beforeEach, describe, expect } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { makeComparable, readTrace } from "../harness/plans.ts";
import { privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest } from "../harness/skip.ts";
import { differences, hostSnapshot } from "../harness/snapshot.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const seven = ["namespaces", "cgroups", "overlay", "network", "capabilities", "no-new-privs", "seccomp"];

describe("the trace", () => {
  rootTest("has every call with its layer, its step, the stage that makes it, and its result", async () => {
    const file = `${host.folder}/trace.jsonl`;
    expect((await host.minidocker(["run", "--rm", `--trace=${file}`, rootfs, "true"])).code).toBe(0);
    const rows = readTrace(file);
    expect(rows.length).toBeGreaterThan(300);
    for (const it of rows) {
      expect(it.call).toMatch(/^[a-z0-9_]+\(.*\)$/s);
      expect(it.result).toMatch(/^(= \d+|= -1 E[A-Z0-9]+|\(skipped\))$/);
      expect(it.step).not.toBe("");
    }
    expect([...new Set(rows.map((it) => it.layer))].filter((it) => seven.includes(it))).toEqual(seven);
    expect([...new Set(rows.map((it) => it.role))].sort()).toEqual(["host", "init"]);
    expect(rows.map((it) => it.time)).toEqual(rows.map((it) => it.time).toSorted((a, b) => a - b));
    expect(makeComparable(rows, host).join("\n")).not.toMatch(/0x[0-9a-f]{6,}/); // no address is left undecoded
  });

  rootTest("names flags, structures and messages as the kernel's headers do", async () => {
    const { stderr } = await host.minidocker(["run", "--rm", "-m", "64m", "--trace", rootfs, "true"]);
    for (const call of [
      "clone3({flags=CLONE_NEWTIME|CLONE_NEWPID, exit_signal=SIGCHLD}, 88, ",
      "unshare(CLONE_NEWNET) = 0",
      'mount("proc", ".", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL) = 0',
      '"67108864"',
      "{RTM_NEWLINK, ",
      'pivot_root(".", ".") = 0',
      "prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN",
      "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0",
      "prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) = 0",
      "F_ADD_SEALS, F_SEAL_SEAL|F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_WRITE) = 0",
      "F_SETFD, FD_CLOEXEC) = 0",
      '"null", S_IFCHR|0666, makedev(1, 3)) = 0',
      "capset({version=_LINUX_CAPABILITY_VERSION_3}, ",
      'execve("/bin/true", ["true"], [',
    ])
      expect(stderr).toContain(call);
    expect(stderr).toMatch(/^overlay: mount \/proc\n +\d+\.\d{3} ms {2}init {3}/m);
  });

  rootTest("goes to stderr, to stdout, or to a file that is the user's alone", async () => {
    const run = (trace: string) => host.minidocker(["run", "--rm", "--network", "none", trace, rootfs, "echo", "out"]);
    expect(await run("--trace")).toMatchObject({ stdout: "out\n", stderr: expect.stringContaining("execve(") });
    expect(await run("--trace=-")).toMatchObject({ stdout: expect.stringContaining("execve("), stderr: "" });
    expect(await run(`--trace=${host.folder}/trace.txt`)).toMatchObject({ stdout: "out\n", stderr: "" });
    expect(Bun.spawnSync(["stat", "-c", "%a", `${host.folder}/trace.txt`]).stdout.toString()).toBe("600\n");
    expect(await run("--trace=/nowhere/trace")).toMatchObject({
      code: 125,
      stderr: "minidocker: --trace=/nowhere/trace: cannot be written (ENOENT)\n",
    });
  });
});

describe("a plan", () => {
  const elsewhere = (): { folder: string; env: Record<string, string> } => {
    const folder = `${host.folder}/untouched`;
    return { folder, env: { MINIDOCKER_STATE: `${folder}/state`, MINIDOCKER_DATA: `${folder}/data` } };
  };
  beforeEach(() => {
    if (isRoot) mkdirSync(elsewhere().folder, { recursive: true });
  });

  rootTest("makes no folder, no file, no link, no process, and no base", async () => {
    const { folder, env } = elsewhere();
    const before = hostSnapshot(host.pid);
    const missing = `${folder}/missing`;
    const options = ["-m", "64m", "-p", "8080:80", "-v", `${missing}:/data`, "-v", "named:/named", "-v", "/anonymous"];
    const { code, stdout, stderr } = await host.minidocker(["run", "--dry-run", ...options, "base", "true"], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("execve(");
    expect(readdirSync(folder)).toEqual([]);
    expect(differences(before, hostSnapshot(host.pid))).toEqual([]);
  });

  rootTest("removes nothing of a container whose name or volume it has", async () => {
    await host.minidocker([
      "run",
      "--name",
      "mine",
      "--network",
      "none",
      "-v",
      "kept:/v",
      rootfs,
      "touch",
      "/v/file",
      "/x",
    ]);
    const list = (): string => Bun.spawnSync(["find", host.folder, "-printf", "%p %T@ %s\n"]).stdout.toString();
    const before = list();
    for (const name of [["--name", "mine"], []]) {
      const { code } = await host.minidocker(["run", "--rm", "--dry-run", ...name, "-v", "kept:/v", rootfs, "true"]);
      expect(code).toBe(0);
    }
    expect(list()).toBe(before);
    await host.minidocker(["rm", "mine"]);
  });

  rootTest("refuses what run refuses, with the same words and exit code", async () => {
    for (const words of [
      ["./nowhere", "true"],
      ["-u", "mallory", rootfs, "true"],
      ["--network", "container:nobody", rootfs, "true"],
      ["--layers=-namespaces.mount", "-v", "/tmp:/tmp", rootfs, "true"],
    ]) {
      const [planned, made] = [["--dry-run"], []].map((it) => host.minidocker(["run", "--rm", ...it, ...words]));
      const { code, stderr } = (await planned) as { code: number; stderr: string };
      expect(await made).toMatchObject({ code, stderr });
      expect(code).not.toBe(0);
    }
  });

  rootTest("of a container with a terminal needs none", async () => {
    const { code, stdout } = await host.minidocker(["run", "--dry-run", "-it", rootfs, "sh"]);
    expect(code).toBe(0);
    expect(stdout).toContain("TIOCGPTPEER");
  });
});
