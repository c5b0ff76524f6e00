// Held containers in a process that is another user's, has a terminal, or is killed.

import { beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { privateHost } from "../harness/private-host.ts";
import { isRunning, processEntry } from "../harness/processes.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { waitUntil } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const worker = (what: string, ...options: string[]): string[] => [
  process.execPath,
  join(import.meta.dir, "held-worker.ts"),
  what,
  ...["--network", "none", ...options, rootfs],
];

/** With subordinate ids, newuidmap and newgidmap are processes that come after the container's first. */
const ordinary = [
  ["", false],
  ["--layers=-cgroups", false],
  ["", true],
] as const;

for (const [option, subordinate] of ordinary) {
  rootTest(`an ordinary user holds one, too: ${option} ${subordinate ? "with subordinate ids" : ""}`, async () => {
    const look = worker("look", ...(option === "" ? [] : [option]));
    const { code, stdout, stderr } = await host.start(look, { rootless: true, subordinate }).outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout.split("\n").at(-2) ?? "")).toEqual({
      // of all the processes that were made meanwhile it is the container's first one
      number: "1",
      inside: { output: expect.stringMatching(/^0\nCapEff:\t0*[0-9a-f]{9,}\n$/), status: 0, timedOut: false },
      container: { output: "0\nSeccomp:\t2\n", status: 0, timedOut: false },
      killed: true,
      state: "closed",
    });
    expect(remains(host, { rootless: true })).toEqual([]);
  });
}

const abandoned = [
  ["pause"],
  ["finished"],
  // nobody ends them with the first process, so the cgroup does
  ["finished", "--layers=-namespaces.pid"],
] as const;

for (const [what, ...options] of abandoned) {
  rootTest(`when its minidocker is killed, ps leaves nothing: ${what} ${options.join(" ")}`, async () => {
    const run = host.start(worker(what, ...options));
    await run.until("standing");
    const pid = host.outerPid(Number(/standing (\d+)/.exec(run.stdout)?.[1]));
    run.signal("SIGKILL");
    await run.outcome;
    await waitUntil(
      () => (processEntry(pid)?.state ?? "Z") === "Z",
      2000,
      () => "its first process goes on",
    );
    const { stdout } = await host.minidocker(["ps", "-aq"]);
    expect(stdout).toBe("");
    expect(remains(host)).toEqual([]);
  });
}

const removals = [
  ["removedAtFirst"],
  ["removed"],
  ["removedFinished"],
  ["removedFinished", "--layers=-namespaces.pid"],
  ["removedFinished", "--layers=-cgroups"],
] as const;

for (const [what, ...options] of removals) {
  rootTest(`rm --force takes it from its minidocker, which takes it back and says so: ${what} ${options}`, async () => {
    const run = host.start(worker(what, "--name", "held", ...options));
    await run.until("standing");
    const refused = await host.minidocker(["rm", "held"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("use rm --force")]);
    const began = performance.now();
    const { code, stdout, stderr } = await host.minidocker(["rm", "--force", "held"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "held\n", stderr: "" });
    expect(performance.now() - began).toBeLessThan(5000);
    const removed = "container held has been removed by another command";
    expect(await run.outcome).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${removed}, closed; ${removed}`),
    });
    // what has no name any more is deleted by then, too
    expect(remains(host)).toEqual([]);
  });
}

rootTest("the shell in a finished one has a terminal of its own, job control, and all layers", async () => {
  const terminal = host.onTerminal(worker("shell"), { columns: 90, rows: 20 });
  await terminal.until("/ # ");
  terminal.type("stty size; tty; grep Seccomp: /proc/self/status; sleep 1004\r");
  await terminal.until("20 90");
  await terminal.until("/dev/pts/0");
  await terminal.until("Seccomp:\t2");
  await waitUntil(
    () => isRunning("sleep", "1004"),
    5000,
    () => "the command does not run",
  );
  terminal.type("\x03");
  await terminal.until("/ # ");
  terminal.resize(100, 30);
  await Bun.sleep(100);
  terminal.type("stty size; echo last; exit 3\r");
  await terminal.until("30 100");
  await terminal.until("the shell has ended");
  expect(terminal.screen).toMatch(/last\r\n(\x1b\S*)?the shell has ended/);
  expect(await terminal.exited).toBe(0);
  expect(remains(host)).toEqual([]);
});

rootTest("a shell whose terminal is closed ends, and the container with it", async () => {
  const terminal = host.onTerminal(worker("shell"));
  await terminal.until("/ # ");
  terminal.close();
  await terminal.exited;
  await host.minidocker(["ps", "-aq"]);
  expect(remains(host)).toEqual([]);
});

rootTest("without a terminal the shell is refused; without /dev/pts it says what it is instead", async () => {
  const { code, stderr } = await host.start(worker("shell")).outcome;
  expect([code === 0, stderr.includes("a shell needs a terminal")]).toEqual([false, true]);
  await host.minidocker(["ps", "-aq"]);
  const terminal = host.onTerminal(worker("shell", "--layers=-overlay"));
  await terminal.until("there is no /dev/pts");
  await terminal.until("(inside) # ");
  terminal.type("exit\r");
  expect(await terminal.exited).toBe(0);
  expect(remains(host)).toEqual([]);
});
