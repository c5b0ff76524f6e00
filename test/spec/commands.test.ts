// The commands about containers, on containers that run.

import { afterEach, describe, expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Run } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();
const running: Run[] = [];
let rootfs = "";

afterEach(async () => {
  const ids = (await list("-aq")).split("\n").filter(Boolean);
  if (ids.length > 0) await host.minidocker(["rm", "-f", ...ids]);
  for (const it of running.splice(0)) await it.outcome;
});

/** `run OPTIONS ROOTFS sh -c 'echo started; …'`, and waits until that runs. */
async function start(...options: string[]): Promise<Run> {
  rootfs ||= makeRootfs(`${host.folder}/rootfs`);
  const script = "trap 'exit 3' TERM; echo started; while :; do sleep 0.1; done";
  const run = host.startMinidocker(["run", ...options, rootfs, "sh", "-c", script]);
  running.push(run);
  await run.until(/^started$/m);
  return run;
}

const list = async (...options: string[]): Promise<string> => (await host.minidocker(["ps", ...options])).stdout;

describe("ps", () => {
  rootTest("shows what runs; with --all also what has ended, and how", async () => {
    const run = await start("--name", "web", "--network", "none");
    expect(await list("--format", "{{.Names}} {{.State}}")).toBe("web running\n");
    const row = (await list()).split("\n")[1] ?? "";
    expect(row).toMatch(/^[0-9a-f]{12} .*"sh -c trap 'exit 3'….* (Less than a second|\d+ seconds?) ago +Up .* web$/);
    run.signal("SIGTERM");
    expect((await run.outcome).code).toBe(3);
    expect(await list("--quiet")).toBe("");
    expect(await list("-a", "--format", "{{.Names}} {{.Status}}")).toMatch(/^web Exited \(3\) .* ago\n$/);
    const [record] = JSON.parse(await list("-a", "--json")) as Record<string, unknown>[];
    expect(record).toMatchObject({ name: "web", state: "exited", exitCode: 3 });
  });

  rootTest("shows published ports as Docker does", async () => {
    await start("--rm", "-p", "127.0.0.1:18080:80", "-p", "15353:53/udp");
    expect(await list("--format", "{{.Ports}}")).toBe("127.0.0.1:18080->80/tcp, 0.0.0.0:15353->53/udp\n");
  });
});

describe("rm", () => {
  rootTest("takes away what has ended, and what runs only by force", async () => {
    const run = await start("--name", "web", "--network", "none");
    const refused = await host.minidocker(["rm", "web"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toStartWith("minidocker: container web is running");
    expect(await host.minidocker(["rm", "--force", "web"])).toMatchObject({ code: 0, stdout: "web\n", stderr: "" });
    expect((await run.outcome).code).toBe(137);
    expect(await list("-aq")).toBe("");
  });

  rootTest("goes on after one that is not there, and fails; by force it does not fail", async () => {
    const run = await start("--name", "web", "--network", "none");
    run.signal("SIGTERM");
    await run.outcome;
    const mixed = await host.minidocker(["rm", "nope", "web"]);
    expect(mixed).toMatchObject({ code: 1, stdout: "web\n", stderr: "minidocker: No such container: nope\n" });
    expect((await host.minidocker(["rm", "-f", "nope"])).code).toBe(0);
  });
});

describe("verify", () => {
  const verdicts = async (...args: string[]): Promise<Record<string, string>> => {
    const { stdout, stderr, code } = await host.minidocker(["verify", "--json", ...args]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    return Object.fromEntries(
      (JSON.parse(stdout) as { id: string; verdict: string }[]).map((it) => [it.id, it.verdict]),
    );
  };

  rootTest("every layer of a container is in force", async () => {
    await start("--rm", "--name", "web", "-m", "64m", "--cpus", "0.5", "--pids", "64", "--network", "none");
    const found = await verdicts("web");
    for (const id of ["namespaces.pid", "namespaces.mount", "namespaces.network", "seccomp.filter"]) {
      expect(found[id], id).toBe("yes");
    }
    expect(Object.entries(found).filter(([id, it]) => it === "no" && id !== "namespaces.user")).toEqual([]);
  });

  rootTest("a layer that was left out is not", async () => {
    await start("--rm", "--name", "web", "--layers=-seccomp", "--network", "none");
    expect((await verdicts("web"))["seccomp.filter"]).toBe("no");
  });

  rootTest("with --init it is the program that is judged, not the init beside it", async () => {
    const options = [
      "--rm",
      "--init",
      "--name",
      "web",
      "--security-opt",
      "no-new-privileges=false",
      "--network",
      "none",
    ];
    await start(...options);
    const found = await verdicts("web");
    expect(found["no-new-privs.bit"]).toBe("no");
    expect(found["seccomp.filter"]).toBe("yes");
  });

  rootTest("a process of the host is isolated by nothing", async () => {
    const found = await verdicts("--pid", "1");
    for (const id of ["namespaces.pid", "namespaces.mount", "seccomp.filter"]) expect(found[id], id).toBe("no");
  });

  rootTest("who is not there, or does not run, cannot be judged", async () => {
    expect(await host.minidocker(["verify", "nope"])).toMatchObject({
      code: 1,
      stderr: "minidocker: No such container: nope\n",
    });
    expect(await host.minidocker(["verify", "--pid", "4194303"])).toMatchObject({
      code: 1,
      stderr: "minidocker: no process has the id 4194303 here\n",
    });
  });

  rootTest("signs tell the verdict without colours", async () => {
    const { stdout } = await host.minidocker(["verify", "--pid", "1"]);
    expect(stdout).toMatch(/^✗ namespaces\.pid /m);
    expect(stdout).not.toContain("\x1b");
  });
});

rootTest("info counts containers", async () => {
  await start("--rm", "--network", "none");
  const { stdout } = await host.minidocker(["info", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    containers: { total: 1, running: 1, exited: 0 },
    user: { rootless: false },
  });
});
