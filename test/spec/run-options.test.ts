// What the options of run do, seen from inside the container.

import { beforeAll, describe, expect } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

/** `run --rm --network none OPTIONS ROOTFS sh -c SCRIPT` */
function run(options: readonly string[], script: string, env: Record<string, string> = {}): Promise<Outcome> {
  const args = ["run", "--rm", "--network", "none", ...options, rootfs, "sh", "-c", script];
  return host.minidocker(args, { env, cwd: host.folder });
}

/** What it prints; there must be no complaint. */
async function prints(options: readonly string[], script: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr, code } = await run(options, script, env);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return stdout.trimEnd();
}

describe("the program", () => {
  rootTest("has the environment that was given and nothing of the host's", async () => {
    const lines = (
      await prints(["-h", "web", "-e", "A=1", "-e", "FROM_HOST", "-e", "NOT_SET"], "env", {
        FROM_HOST: "x y",
        SECRET: "s",
      })
    ).split("\n");
    expect(lines.filter((it) => !/^(PWD|SHLVL|OLDPWD|_)=/.test(it)).toSorted()).toEqual([
      "A=1",
      "FROM_HOST=x y",
      "HOME=/root",
      "HOSTNAME=web",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]);
  });

  rootTest("starts in a folder that is made where the image has none", async () => {
    expect(await prints(["-w", "/not/there/yet"], "pwd")).toBe("/not/there/yet");
  });

  rootTest("runs as the user that the image knows", async () => {
    expect(await prints(["-u", "alice"], "id; echo $HOME")).toBe(
      "uid=1234(alice) gid=1234(alice) groups=10(wheel),1234(alice)\n/home",
    );
    const unknown = await run(["-u", "mallory"], "id");
    expect(unknown).toMatchObject({ code: 125, stdout: "" });
    expect(unknown.stderr).toContain("unable to find user mallory");
  });

  rootTest("options after the image are its own", async () => {
    const { stdout } = await host.minidocker([
      "run",
      "--rm",
      "--network",
      "none",
      rootfs,
      "echo",
      "--rm",
      "-it",
      "a  b",
    ]);
    expect(stdout).toBe("--rm -it a  b\n");
  });

  rootTest("an entry point takes the command as its arguments", async () => {
    const { stdout } = await host.minidocker([
      "run",
      "--rm",
      "--network",
      "none",
      "--entrypoint",
      "echo",
      rootfs,
      "x",
      "y",
    ]);
    expect(stdout).toBe("x y\n");
  });

  rootTest("the exit code is its own, or says why it did not run", async () => {
    const code = async (...words: string[]): Promise<number> =>
      (await host.minidocker(["run", "--rm", "--network", "none", ...words])).code;
    expect(await code(rootfs, "sh", "-c", "exit 42")).toBe(42);
    // without an init the program is PID 1, to whom such signals do nothing
    expect(await code("--init", rootfs, "sh", "-c", "kill -TERM $$; sleep 1")).toBe(143);
    expect(await code(rootfs, "sh", "-c", "kill -TERM $$; exit 5")).toBe(5);
    expect(await code(rootfs, "/etc/passwd")).toBe(126);
    expect(await code(rootfs, "no-such-program")).toBe(127);
  });
});

describe("files", () => {
  rootTest("a volume shows the host's folder, and read-only means it", async () => {
    mkdirSync(`${host.folder}/shared`, { recursive: true });
    writeFileSync(`${host.folder}/shared/in`, "hello");
    expect(await prints(["-v", "./shared:/data"], "cat /data/in; echo out > /data/out")).toBe("hello");
    expect(readFileSync(`${host.folder}/shared/out`, "utf8")).toBe("out\n");
    const { code, stderr } = await run(["-v", "./shared:/data:ro"], "echo x > /data/out");
    expect(code).toBe(1);
    expect(stderr).toContain("Read-only file system");
  });

  rootTest("a folder of the host that is not there is made", async () => {
    await prints(["-v", `${host.folder}/made/by/us:/data`], "echo 1 > /data/x");
    expect(readFileSync(`${host.folder}/made/by/us/x`, "utf8")).toBe("1\n");
  });

  rootTest("a named volume is kept, one without a name is not", async () => {
    expect(await prints(["-v", "things:/data"], "echo kept > /data/x")).toBe("");
    expect(await prints(["-v", "things:/data"], "cat /data/x")).toBe("kept");
    expect(await prints(["-v", "/data"], "echo gone > /data/x; cat /data/x")).toBe("gone");
    const volumes = await host.command(["find", host.folder, "-path", "*/volumes/*", "-name", "x"]);
    expect(volumes.stdout.trim().split("\n").length).toBe(1);
  });

  rootTest("--tmpfs is memory, of the size and mode that were asked for", async () => {
    expect(await prints(["--tmpfs", "/fast:size=1m,mode=700"], "grep /fast /proc/mounts; stat -c %a /fast")).toMatch(
      /^tmpfs \/fast tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k,mode=700.*\n700$/,
    );
  });

  rootTest("--read-only is the root's only", async () => {
    const { stdout, stderr } = await run(
      ["--read-only", "--tmpfs", "/tmp"],
      "echo 1 > /tmp/x && cat /tmp/x; echo 1 > /x",
    );
    expect(stdout).toBe("1\n");
    expect(stderr).toContain("can't create /x: Read-only file system");
  });

  rootTest("--shm-size", async () => {
    expect(await prints(["--shm-size", "1m"], "grep /dev/shm /proc/mounts")).toContain("size=1024k");
  });

  rootTest("--device makes the node, and only with it can it be opened", async () => {
    expect(await prints(["--device", "/dev/zero:/dev/nought:r"], "head -c 2 /dev/nought | od -An -tx1")).toBe(" 00 00");
    const { stderr } = await run(["--device", "/dev/null:/dev/nought:r"], "echo x > /dev/nought");
    expect(stderr).toBe("");
  });
});

describe("limits", () => {
  rootTest("of a process", async () => {
    expect(await prints(["--ulimit", "nofile=123:456"], "ulimit -Sn; ulimit -Hn")).toBe("123\n456");
  });

  rootTest("of memory: that the kernel killed is said, whichever process of the container it was", async () => {
    const greedy = "tail /dev/zero";
    for (const [options, script, code] of [
      [[], `exec ${greedy}`, 137],
      [["--init"], `exec ${greedy}`, 137],
      [[], `${greedy}; exit $?`, 137],
      [[], `${greedy}; exit 5`, 5],
    ] as const) {
      const outcome = await run(["-m", "24m", ...options], script);
      const said = `minidocker: out of memory: its memory limit of 24 MiB was reached, and the kernel killed a process of the container${code === 137 ? " (exit code 137)" : ""}\n`;
      expect({ script, options, ...outcome }).toMatchObject({ code, stderr: expect.stringContaining(said) });
    }
  });

  rootTest("of memory that are not reached: nothing is said", async () => {
    expect(await prints(["-m", "24m"], "echo fine")).toBe("fine");
    expect(await run(["-m", "24m", "--init"], "kill -KILL $$")).toMatchObject({ code: 137, stderr: "" });
  });

  rootTest("kernel settings of its namespaces", async () => {
    const settings = "cat /proc/sys/kernel/shmmax /proc/sys/net/ipv4/ip_default_ttl";
    expect(await prints(["--sysctl", "kernel.shmmax=4096", "--sysctl", "net.ipv4.ip_default_ttl=65"], settings)).toBe(
      "4096\n65",
    );
  });
});

describe("privileges", () => {
  const field = (name: string): string => `grep ^${name}: /proc/self/status | cut -f2`;

  rootTest("capabilities are Docker's fourteen, one more, one less, or none", async () => {
    expect(await prints([], field("CapEff"))).toBe("00000000a80425fb");
    expect(await prints(["--cap-add", "sys_time", "--cap-drop", "CHOWN"], field("CapBnd"))).toBe("00000000aa0425fa");
    expect(await prints(["--cap-drop", "all"], field("CapEff"))).toBe("0000000000000000");
  });

  rootTest("capabilities that minidocker does not have itself cannot be left to a container", async () => {
    const less = (...words: string[]) =>
      host.command(["setpriv", "--bounding-set=-sys_time", ...minidockerCommand(["run", "--rm", ...words])]);
    const all = await less("--cap-add", "ALL", "--network", "none", rootfs, "grep", "CapEff", "/proc/self/status");
    expect(all).toMatchObject({ code: 0, stderr: "" });
    const mask = BigInt(`0x${all.stdout.split("\t")[1]?.trim()}`);
    expect({ time: (mask >> 25n) & 1n, admin: (mask >> 21n) & 1n }).toEqual({ time: 0n, admin: 1n });
    expect(await less("--cap-add", "sys_time", rootfs, "true")).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(/^minidocker: --cap-add CAP_SYS_TIME: minidocker does not have it itself/),
    });
  });

  rootTest("no-new-privileges and seccomp can be given up, each for itself", async () => {
    const both = `${field("NoNewPrivs")}; ${field("Seccomp")}`;
    expect(await prints([], both)).toBe("1\n2");
    expect(await prints(["--security-opt", "no-new-privileges=false"], both)).toBe("0\n2");
    expect(await prints(["--security-opt", "seccomp=unconfined"], both)).toBe("1\n0");
  });

  rootTest("a profile from a file is in force", async () => {
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
    };
    writeFileSync(`${host.folder}/profile.json`, JSON.stringify(profile));
    const { code, stderr } = await run(["--security-opt", "seccomp=profile.json"], "mkdir /x");
    expect(code).toBe(1);
    expect(stderr).toContain("Operation not permitted");
  });
});
