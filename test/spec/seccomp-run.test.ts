// Seccomp as `run` has it: the default profile, a user's, none; and what its absence lets through.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateHost } from "../harness/private-host.ts";
import { busyboxTest, makeRootfs } from "../harness/rootfs.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const host = privateHost();
let folder = "";
let rootfs = "";
beforeAll(() => {
  folder = temporaryFolder();
  rootfs = makeRootfs(join(folder, "rootfs"));
});
afterAll(() => removeFolder(folder));

/** Runs a shell script in a container; what it printed on stdout, and its exit code. */
async function run(options: readonly string[], script: string): Promise<string> {
  const { stdout, code } = await host.minidocker(["run", "--rm", ...options, rootfs, "sh", "-c", script]);
  return `${stdout}${code}`;
}

function profile(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return `seccomp=${path}`;
}

const seccompLine = "grep ^Seccomp: /proc/self/status";

describe("the default profile", () => {
  busyboxTest("is on, and refuses a new user namespace, which needs no capability", async () => {
    expect(await run([], `${seccompLine}; unshare -U true 2>/dev/null`)).toBe("Seccomp:\t2\n1");
  });

  busyboxTest("is all that stands in the way of one: without the layer it works", async () => {
    expect(await run(["--layers=-seccomp"], `${seccompLine}; unshare -U true`)).toBe("Seccomp:\t0\n0");
  });

  busyboxTest("widens with CAP_SYS_ADMIN: then mounting works", async () => {
    const mount = "mkdir /m && mount -t tmpfs none /m 2>/dev/null";
    expect(await run([], mount)).toBe("1");
    expect(await run(["--cap-add", "SYS_ADMIN"], mount)).toBe("0");
  });

  busyboxTest("is loaded too where no-new-privs is off, as in Docker", async () => {
    const script = `${seccompLine}; grep ^NoNewPrivs /proc/self/status; unshare -U true 2>/dev/null`;
    expect(await run(["--security-opt", "no-new-privileges=false"], script)).toBe("Seccomp:\t2\nNoNewPrivs:\t0\n1");
  });

  busyboxTest("is loaded too without root", async () => {
    Bun.spawnSync(["chown", "-R", "1000:1000", rootfs]);
    const args = [
      "run",
      "--rm",
      "--network",
      "none",
      rootfs,
      "sh",
      "-c",
      `${seccompLine}; unshare -U true 2>/dev/null`,
    ];
    const { stdout, code } = await host.minidocker(args, { rootless: true });
    expect(`${stdout}${code}`).toBe("Seccomp:\t2\n1");
  });

  busyboxTest("is one line of the trace, the last before execve", async () => {
    const { stderr } = await host.minidocker(["run", "--rm", "--trace", rootfs, "true"]);
    const calls = stderr.split("\n").filter((it) => /\b(seccomp|execve)\(/.test(it));
    expect(calls.at(-2)).toMatch(/seccomp\(SECCOMP_SET_MODE_FILTER, 0, \{len=\d+, filter=\[…\]\}\)/);
    expect(calls.at(-1)).toContain('execve("/bin/true"');
  });
});

describe("--security-opt seccomp=", () => {
  busyboxTest("unconfined: no filter", async () => {
    expect(await run(["--security-opt", "seccomp=unconfined"], seccompLine)).toBe("Seccomp:\t0\n0");
  });

  busyboxTest("a file in Docker's form: its rules, and the default for the rest", async () => {
    const option = profile("no-chmod.json", {
      defaultAction: "SCMP_ACT_ALLOW",
      archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"] }],
      syscalls: [
        { names: ["chmod", "fchmodat", "fchmodat2"], action: "SCMP_ACT_ERRNO", errnoRet: 1 },
        { names: ["unshare"], action: "SCMP_ACT_ERRNO", excludes: { caps: ["CAP_CHOWN"] } },
      ],
    });
    const script = "chmod 700 /tmp 2>/dev/null || echo refused; unshare -U true";
    expect(await run(["--security-opt", option], script)).toBe("refused\n0");
  });

  busyboxTest("a file with a mistake: the path in it, and exit code 125", async () => {
    const option = profile("wrong.json", {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [
        { names: ["chmod"], action: "SCMP_ACT_ERRNO" },
        { names: ["mount"], action: "SCMP_ACT_DENY" },
      ],
    });
    const { code, stderr } = await host.minidocker(["run", "--rm", "--security-opt", option, rootfs, "true"]);
    expect(code).toBe(125);
    expect(stderr).toContain('wrong.json: syscalls[1].action: "SCMP_ACT_DENY" is not a known action');
  });

  busyboxTest("a profile that kills shows as SIGSYS: exit code 159", async () => {
    const option = profile("kill.json", {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["sethostname"], action: "SCMP_ACT_KILL_PROCESS" }],
    });
    expect(await run(["--security-opt", option], "exec hostname x")).toBe("159");
  });
});
