// What an attacker in a container would try, beyond what single layers promise.

import { dlopen, FFIType } from "bun:ffi";
import { beforeAll, expect } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { KEYCTL_JOIN_SESSION_KEYRING } from "../../src/abi/keyctl.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import { minidockerCommand, privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const KEY = "md-secret-of-the-caller";
if (isRoot) keepSecret();

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

/** A key that only those find whose session keyring is this process's. */
function keepSecret(): void {
  const KEYCTL_SETPERM = 5;
  const POSSESSOR_ALL = 0x3f00_0000;
  const KEY_SPEC_SESSION_KEYRING = -3;
  const numbers = syscallNumbers(process.arch === "arm64" ? "aarch64" : "x86_64");
  const { i64, ptr } = FFIType;
  const { symbols } = dlopen("libc.so.6", { syscall: { args: [i64, ptr, ptr, ptr, i64, i64], returns: i64 } });
  const call = (name: "keyctl" | "add_key", ...args: [unknown, unknown, unknown, number, number]): number =>
    Number(symbols.syscall(numbers.get(name) as number, ...(args as [never, never, never, number, number])));
  const text = (it: string): Uint8Array => new TextEncoder().encode(`${it}\0`);
  expect(call("keyctl", KEYCTL_JOIN_SESSION_KEYRING, null, null, 0, 0)).toBeGreaterThan(0);
  const key = call("add_key", text("user"), text(KEY), text("secret"), 6, KEY_SPEC_SESSION_KEYRING);
  expect(key).toBeGreaterThan(0);
  expect(call("keyctl", KEYCTL_SETPERM, key, POSSESSOR_ALL, 0, 0)).toBe(0);
}

const state = (pid: number): string => readFileSync(host.path(`/proc/${pid}/status`), "utf8");
const mask = (pid: number, name: string): string | undefined =>
  new RegExp(`^${name}:\\s*(\\w+)$`, "m").exec(state(pid))?.[1];

rootTest("the keys of the caller's session keyring are not the container's", async () => {
  expect((await host.command(["cat", "/proc/keys"])).stdout).toContain(KEY);
  const options = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"];
  const shown = await host.minidocker([
    "run",
    "--rm",
    ...options,
    rootfs,
    "sh",
    "-c",
    "umount /proc/keys && cat /proc/keys",
  ]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toContain("keyring");
  expect(shown.stdout).not.toContain(KEY);
});

/** The pid, in the private host, of process 1 of the container that runs `sleep`. */
function firstProcess(): number {
  const pids = readdirSync(host.path("/proc")).filter((it) => /^\d+$/.test(it));
  const found = pids.map(Number).filter((it) => /^NSpid:(\t\d+)+\t1$/m.test(state(it)) && it !== 1);
  expect(found).toHaveLength(1);
  return found[0] as number;
}

/** What may be read about a process only as long as it is there. */
function inspect(pid: number): { capabilities: unknown; noNewPrivs: unknown; open: string[] } {
  const folder = host.path(`/proc/${pid}/fd`);
  const open = readdirSync(folder).filter((it) => Number(it) > 2);
  return {
    capabilities: [mask(pid, "CapPrm"), mask(pid, "CapEff"), mask(pid, "CapInh")],
    noNewPrivs: mask(pid, "NoNewPrivs"),
    open: open.map((it) => readlinkSync(`${folder}/${it}`)),
  };
}

for (const options of [[], ["--user", "1000"], ["--security-opt", "no-new-privileges=false"], ["-i"]]) {
  const how = ["--init", ...options];
  rootTest(`${how.join(" ")}: process 1 has one right, to signal, and one descriptor, for signals`, async () => {
    const run = host.startMinidocker(["run", "--rm", ...how, rootfs, "sh", "-c", "echo begun; exec sleep 60"]);
    try {
      await run.until("begun");
      await Bun.sleep(100);
      expect(inspect(firstProcess())).toEqual({
        capabilities: ["0000000000000020", "0000000000000020", "0000000000000000"],
        noNewPrivs: "1",
        open: ["anon_inode:[signalfd]"],
      });
    } finally {
      run.signal("SIGTERM");
      expect((await run.outcome).code).toBe(143);
    }
  });
}

rootTest("--init: a program whose reader has gone ends, as it would without", async () => {
  const words = minidockerCommand(["run", "--rm", "--init", rootfs, "yes"]);
  const { stdout, timedOut } = await host.start(["sh", "-c", '"$@" | head -n 1', "sh", ...words], {
    env: { MINIDOCKER_STATE: `${host.folder}/state`, MINIDOCKER_DATA: `${host.folder}/data` },
    timeout: 20_000,
  }).outcome;
  expect({ stdout, timedOut }).toEqual({ stdout: "y\n", timedOut: false });
});
