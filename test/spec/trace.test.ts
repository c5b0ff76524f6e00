// `--trace` shows every call that is made; `--dry-run` shows the same ones, in the same order, and makes none.

import { beforeAll, beforeEach, describe, expect } from "bun:test";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { makeComparable, making, readTrace, takingBack } from "../harness/plans.ts";
import { privateHost, TESTER } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
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

/** Where a plan says more: whether something is there to be covered, shown or found is known only to the kernel. */
const uncertain = [
  "overlay: mount the view of its cgroup",
  "overlay: mask files and folders",
  "overlay: make kernel settings read-only",
  "network: find or make the bridge",
  "network: set the packet rules",
  "network: start pasta",
  "process: serve as init",
];

describe("plan and deed are the same calls in the same order", () => {
  /** What the deed has and the plan has not, in its place; and the steps in which the plan says more. */
  async function compare(options: readonly string[], { rootless = false, tty = false } = {}) {
    const folder = `${host.folder}/${rootless ? "user" : "root"}`;
    const [planFile, deedFile] = [`${folder}/plan.jsonl`, `${folder}/deed.jsonl`];
    const words = (...more: string[]): string[] => ["run", "--name", "twin", ...more, ...options, rootfs, "/bin/true"];
    const planned = await host.minidocker(words("--dry-run", `--trace=${planFile}`), { rootless });
    expect({ code: planned.code, stderr: planned.stderr }).toMatchObject({ code: 0 });
    const made = words(`--trace=${deedFile}`);
    if (tty) expect(await host.terminal(made, { rootless }).exited).toBe(0);
    else expect(await host.minidocker(made, { rootless })).toMatchObject({ code: 0 });
    const [plan, deed] = [readTrace(planFile), readTrace(deedFile)];
    const wanted = makeComparable(making(plan), host);
    const unplanned: string[] = [];
    const more = new Set<string>();
    let at = 0;
    for (const call of makeComparable(making(deed), host)) {
      const found = wanted.indexOf(call, at);
      if (found < 0) unplanned.push(call);
      else {
        for (const it of wanted.slice(at, found)) more.add(it.split(": ").slice(0, 2).join(": "));
        at = found + 1;
      }
    }
    const unmade = [...more].filter((it) => !uncertain.includes(it));
    expect({ unplanned, unmade, rest: wanted.slice(at) }).toEqual({ unplanned: [], unmade: [], rest: [] });
    expect(takingBack(plan)).toEqual(takingBack(deed));
    expect(deed.length).toBeGreaterThan(100);
  }

  const cases: Readonly<Record<string, readonly string[]>> = {
    "by default": [],
    "--network none": ["--network", "none"],
    "--network host": ["--network", "host"],
    "with published ports": ["-p", "127.0.0.1:8080:80", "-p", "53:53/udp", "-h", "web", "--add-host", "a:192.0.2.1"],
    "with --init": ["--init", "--network", "none"],
    "with -i": ["-i", "--network", "none"],
    "with limits": ["--network", "none", "-m", "64m", "--cpus", "0.5", "--pids", "20", "--memory-reservation", "32m"],
    "with files": [
      "--network",
      "none",
      "-v",
      "/usr:/data:ro",
      "-v",
      "named:/named",
      "-v",
      "/new",
      "--tmpfs",
      "/scratch",
    ],
    "with devices and settings": [
      "--network",
      "none",
      "--device",
      "/dev/null:/dev/no",
      "--sysctl",
      "kernel.shmmax=4096",
    ],
    "as another user": [
      "--network",
      "none",
      "-u",
      "alice",
      "-w",
      "/a/b",
      "--cap-add",
      "SYS_TIME",
      "--ulimit",
      "nofile=99",
    ],
    "read-only, with another environment": ["--network", "none", "--read-only", "-e", "A=1", "--shm-size", "1m"],
    "in a user namespace": ["--network", "none", "--rootless"],
  };
  for (const [name, options] of Object.entries(cases)) rootTest(name, () => compare(["--rm", ...options]));

  rootTest("without --rm", async () => {
    await compare(["--network", "none"]);
    await host.minidocker(["rm", "twin"]);
    expect(remains(host).filter((it) => !it.startsWith("data/volumes/"))).toEqual([]);
  });
  rootTest("with -t", () => compare(["--rm", "--network", "none", "-it"], { tty: true }));
  rootTest("without a layer, one after the other", async () => {
    for (const it of seven) await compare(["--rm", `--layers=-${it}`]);
  });
  rootTest("of an ordinary user, without a network and with one", async () => {
    Bun.spawnSync(["chown", "-R", `${TESTER.uid}:${TESTER.gid}`, rootfs]);
    await compare(["--rm", "--network", "none"], { rootless: true });
    await compare(["--rm"], { rootless: true });
    chownSync(rootfs, 0, 0);
    expect(existsSync(rootfs)).toBe(true);
  });
});
