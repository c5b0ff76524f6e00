// The examples do what they say.

import { beforeAll, describe, expect } from "bun:test";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import landlock from "../../examples/landlock.ts";
import { View } from "../../src/core/view.ts";
import { privateHost, TESTER } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { type Outcome, waitUntil } from "../harness/run.ts";
import { isRoot, rootTest, skipUnless } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const examples = join(import.meta.dir, "../../examples");
const layer = join(examples, "landlock.ts");

// Whether Landlock is in use is written nowhere but in the kernel's log, and in this list where securityfs is mounted.
const modules = "/sys/kernel/security/lsm";
const available = !existsSync(modules) || (await Bun.file(modules).text()).split(",").includes("landlock");
const landlockTest = skipUnless(available, "needs a kernel that uses Landlock (lsm=landlock,…)");

describe("examples/landlock.ts", () => {
  const restricted = (script: string, image = rootfs, ...options: string[]): Promise<Outcome> =>
    host.minidocker(["run", "--rm", "--layer", layer, ...options, image, "sh", "-c", script]);

  landlockTest("root writes below /tmp and /dev, and nowhere else; neither do its children", async () => {
    const { code, stdout, stderr } = await restricted(
      `echo a >/tmp/a && echo a >/dev/null && echo a >/dev/shm/a && cat /tmp/a
       echo b >/etc/b
       sh -c 'echo c >>/etc/passwd'
       rm /etc/passwd
       mkdir /folder
       mv /tmp/a /a
       truncate -s 0 /etc/group
       cat /etc/group | wc -l`,
    );
    const refused = stderr.trim().split("\n");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "a\n3\n" });
    expect(refused).toHaveLength(6);
    expect(refused.filter((it) => !/Permission denied|Invalid cross-device link/.test(it))).toEqual([]);
  });

  landlockTest("it stands between no-new-privs and the filter", async () => {
    const trace = `${host.folder}/trace.jsonl`;
    await restricted("true", rootfs, `--trace=${trace}`);
    const rows = (await Bun.file(trace).text()).trim().split("\n");
    const calls = rows.map((it) => JSON.parse(it) as { name: string; call: string; role: string });
    const place = (text: string): number => calls.findIndex((it) => it.call.startsWith(text));
    const order = ["prctl(PR_SET_NO_NEW_PRIVS", "landlock_restrict_self(", "seccomp("].map(place);
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  landlockTest("an image whose /tmp leads to / gains nothing by it", async () => {
    const linked = makeRootfs(`${host.folder}/linked`);
    rmSync(`${linked}/tmp`, { recursive: true });
    symlinkSync("/", `${linked}/tmp`);
    const { stdout, stderr } = await restricted("echo a >/tmp/a || echo refused", linked);
    expect({ stdout, stderr }).toEqual({ stdout: "refused\n", stderr: expect.stringContaining("Permission denied") });
  });

  landlockTest(
    "without no-new-privs and without a filter there is no container, and the error names the layer",
    async () => {
      const { code, stderr } = await restricted("true", rootfs, "--layers=-no-new-privs,-seccomp");
      expect(code).toBe(125);
      expect(stderr).toContain("landlock: restrict the process: landlock_restrict_self(");
      expect(stderr).toContain("EPERM; the kernel takes this only from a process that has set no-new-privs");
    },
  );

  landlockTest("an ordinary user can use it, for it needs no privilege", async () => {
    const { stdout } = await host.minidocker(
      [
        "run",
        "--rm",
        "--network",
        "none",
        "--layer",
        layer,
        "base",
        "sh",
        "-c",
        "echo a >/tmp/a; echo a >/etc/a || echo refused",
      ],
      { rootless: true },
    );
    expect(stdout).toBe("refused\n");
  });

  rootTest("explain tells its own words, and its place among the others", async () => {
    const { code, stdout, stderr } = await host.minidocker(["explain", "--layer", layer, "landlock"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("a process hands rights over files back to the kernel");
    expect(stdout).toMatch(/4\. restrict the process\n.*landlock_restrict_self, close/s);
    const list = JSON.parse((await host.minidocker(["explain", "--layer", layer, "--json"])).stdout) as {
      name: string;
    }[];
    expect(list.map((it) => it.name).slice(-3)).toEqual(["no-new-privs", "landlock", "seccomp"]);
  });

  landlockTest("verify asks it about a container that was made with it, as long as its file is there", async () => {
    const copy = `${host.folder}/copy.ts`;
    const source = (await Bun.file(layer).text()).replaceAll('"../src/', `"${join(examples, "../src")}/`);
    await Bun.write(copy, source);
    const script = "trap 'exit 0' TERM; echo started; while :; do sleep 0.1; done";
    const run = host.startMinidocker(["run", "--rm", "--name", "own", "--layer", copy, rootfs, "sh", "-c", script]);
    await run.until("started");
    const verify = (): Promise<Outcome> => host.minidocker(["verify", "own"]);
    expect(await verify()).toMatchObject({
      stdout: expect.stringMatching(/^landlock\n\? landlock\.domain /m),
      stderr: "",
    });
    rmSync(copy);
    const { code, stdout, stderr } = await verify();
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`--layer ${copy} cannot be loaded`) });
    expect(stdout).toContain("✓ seccomp.filter");
    run.signal("SIGTERM");
    await run.outcome;
  });

  landlockTest("at a pause of --step it says why it is there, and judges", async () => {
    const terminal = host.terminal([
      "run",
      "--rm",
      "--network",
      "none",
      "--step=layer",
      "--layer",
      layer,
      rootfs,
      "true",
    ]);
    const prompt = "[Enter s w v r q ?]";
    const pauses = (): number => terminal.screen.split(prompt).length - 1;
    const press = async (key: string): Promise<void> => {
      const before = pauses();
      terminal.type(key);
      await waitUntil(
        () => pauses() > before,
        5000,
        () => terminal.screen,
      );
    };
    await terminal.until(prompt);
    while (!terminal.screen.includes("▶ landlock: ")) await press("\r");
    await press("w");
    expect(terminal.screen).toContain("hands rights over");
    await press("v");
    expect(terminal.screen).toContain("landlock.domain ");
    terminal.type("r");
    expect(await terminal.exited).toBe(0);
  });

  rootTest("it does not claim to see what the kernel does not show", () => {
    expect(landlock.verify(new View(process.pid)).map((it) => it.verdict)).toEqual(["unknown"]);
  });
});

describe("the scripts", () => {
  const script = (name: string, { rootless = false } = {}): Promise<Outcome> =>
    host.start(["sh", join(examples, name)], { rootless, timeout: 60_000 }).outcome;

  rootTest("limits.sh: the kernel ends one program, slows one down, and refuses one its children", async () => {
    const { stdout, stderr } = await script("limits.sh");
    const [memory = "", cpu = "", processes = ""] = stdout.split(/^== /m).slice(1);
    expect(memory).toMatch(/\nexit code 137\n$/);
    expect(stderr).toContain("out of memory: its memory limit of 32 MiB was reached");
    const seconds = [...cpu.matchAll(/(\d+)m([\d.]+)s/g)].map((it) => Number(it[1]) * 60 + Number(it[2]));
    const used = seconds.reduce((sum, it) => sum + it, 0);
    expect(seconds).toHaveLength(4);
    // a quarter of three to four seconds, of which some is used before the first and after the last of them
    expect(used).toBeGreaterThan(0.3);
    expect(used).toBeLessThan(1.4);
    expect(processes).not.toContain("all started");
    expect(stderr).toMatch(/fork/);
  });

  rootTest("two-containers.sh: one finds the other by its name", async () => {
    const { code, stdout, stderr } = await script("two-containers.sh");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^PING server \(/m);
    expect(stdout).toMatch(/1 packets received|1 received/);
  });

  rootTest("without-a-layer.sh: exactly the checks of that layer differ", async () => {
    const { code, stdout } = await script("without-a-layer.sh");
    expect(code).toBe(0);
    const [, ...lines] = stdout.trim().split("\n");
    const checks = lines.filter((it) => /^[<>]/.test(it));
    expect(checks).toEqual(["< ✓ seccomp.filter", "< ? seccomp.profile", "> ✗ seccomp.filter", "> ✗ seccomp.profile"]);
  });

  rootTest("rootless.sh: an ordinary user is root inside, and may do what belongs to its namespace", async () => {
    const { code, stdout, stderr } = await script("rootless.sh", { rootless: true });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain(`outside, this is uid ${TESTER.uid}\n`);
    expect(stdout).toContain("inside, it is uid 0");
    expect(stdout).toMatch(/a file of its own layer: yes\na device node: no\na setting of the kernel: no\n$/);
  });

  rootTest("workshop.md: all of it is true, and the task needs its layer", async () => {
    const lesson = join(examples, "workshop.md");
    const { code, stdout, stderr } = await host.minidocker(["learn", lesson, "--auto", "--plain"], { timeout: 60_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Without overlay, the same does not do it.");
    expect(stdout).toContain("done, by the solution");
  });

  rootTest("what learn new writes is true, too", async () => {
    const options = { cwd: host.folder, timeout: 60_000 };
    expect(await host.minidocker(["learn", "new", "first"], options)).toMatchObject({ code: 0, stderr: "" });
    const { code, stderr } = await host.minidocker(["learn", "first.md", "--auto", "--plain"], options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
