// Seccomp on a real kernel: when a filter may be loaded, what it refuses, what goes on working.

import { describe, expect } from "bun:test";
import { ENOSYS, EPERM } from "../../src/abi/errno.ts";
import { PR_SET_NO_NEW_PRIVS } from "../../src/abi/prctl.ts";
import {
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "../../src/abi/sched.ts";
import { SECCOMP_RET_ALLOW } from "../../src/abi/seccomp.ts";
import { syscallNumbers } from "../../src/abi/syscalls.ts";
import type { Seccomp } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { seccomp } from "../../src/layers/seccomp/index.ts";
import { defaultProfile } from "../../src/layers/seccomp/profile.ts";
import { Memory } from "../../src/stage/call.ts";
import { defaultCapabilities, judge, loadFilter } from "../harness/filter.ts";
import { ending, rawStages } from "../harness/raw.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const rawStage = rawStages();
const run = stages();
const raw = async (flags = 0) => rawStage(await run.host(), flags);

const arch = run.session.arch;
const usual = defaultProfile(defaultCapabilities, arch);
const filter = compile(usual, arch);
const number = (name: string): number => syscallNumbers(arch).get(name) ?? -1;

const denies = (...names: string[]): Seccomp => ({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names, action: "SCMP_ACT_ERRNO" }],
});

function verdicts(pid: number): string[] {
  return seccomp.verify(new View(pid)).map((it) => `${it.id}: ${it.verdict}`);
}

describe("loading", () => {
  rootTest("an unprivileged process without no-new-privs gets EACCES, and is told why", async () => {
    const { stage } = await raw();
    await stage.setresuid(65534, 65534, 65534);
    await loadFilter(stage, usual);
    expect(() => stage.flush()).toThrow(
      `seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=${filter.length / 8}, filter=[…]}) = EACCES; the kernel takes a filter only from`,
    );
  });

  rootTest("the same process with no-new-privs may", async () => {
    const { stage, pid } = await raw();
    await stage.setresuid(65534, 65534, 65534);
    await stage.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    await loadFilter(stage, usual);
    stage.flush();
    expect(verdicts(pid)).toEqual(["seccomp.filter: yes", "seccomp.profile: unknown"]);
  });

  rootTest("CAP_SYS_ADMIN may without", async () => {
    const { stage, pid } = await raw();
    expect(verdicts(pid)).toEqual(["seccomp.filter: no", "seccomp.profile: no"]);
    await loadFilter(stage, usual);
    stage.flush();
    expect(verdicts(pid)).toEqual(["seccomp.filter: yes", "seccomp.profile: unknown"]);
    expect(new View(pid).status("NoNewPrivs")).toBe("0");
  });

  rootTest("without a profile nothing is loaded", async () => {
    const { stage, pid } = await raw();
    await loadFilter(stage, undefined);
    stage.flush();
    expect(verdicts(pid)).toEqual(["seccomp.filter: no", "seccomp.profile: no"]);
  });

  rootTest("a second filter is added, none is replaced", async () => {
    const { stage, pid, call } = await raw();
    await loadFilter(stage, denies("getppid"));
    await loadFilter(stage, denies("getpgid"));
    stage.flush();
    expect(new View(pid).status("Seccomp_filters")).toBe("2");
    expect([call(number("getppid")), call(number("getpgid"))]).toEqual([-EPERM, -EPERM]);
  });
});

describe("Docker's profile", () => {
  // All arguments -1: whatever gets past the filter fails on a bad pointer, descriptor or flag. Not so what ends the
  // process, splits it, waits for ever, or kills whoever calls it himself (uretprobe); setsid was made before.
  const others = "exit exit_group fork vfork pause rt_sigreturn sync alarm setsid uretprobe uprobe";
  const left = new Set(others.split(" "));
  const everything = [...syscallNumbers(arch)].filter(([name]) => !left.has(name));
  const ones = Array.from({ length: 6 }, () => 0xffff_ffff_ffff_ffffn);
  // vhangup reaches the terminal of the session: so the process gets a session of its own, without one.
  const alone = async () => {
    const made = await raw(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
    made.call(number("setsid"));
    return made;
  };

  rootTest("the kernel refuses what the filter refuses, call by call, and nothing else", async () => {
    const { stage, call } = await alone();
    await loadFilter(stage, usual);
    for (const [name, nr] of everything) {
      const said = judge(filter, arch, name, ones);
      const got = call(nr, ...ones);
      if (said === SECCOMP_RET_ALLOW) expect([name, got]).not.toEqual([name, -EPERM]);
      else expect([name, got]).toEqual([name, -(said & 0xffff)]);
    }
  });

  rootTest("without the filter, the same calls of the same process are not refused", async () => {
    const { call } = await alone();
    const refused = everything.filter(([name]) => judge(filter, arch, name, ones) !== SECCOMP_RET_ALLOW);
    expect(refused.length).toBeGreaterThan(60);
    expect(refused.filter(([, nr]) => call(nr, ...ones) === -EPERM).map(([name]) => name)).toEqual([]);
  });

  rootTest("clone3 does not exist, new namespaces are refused", async () => {
    const { stage, call } = await raw();
    await loadFilter(stage, usual);
    expect(call(number("clone3"), 0, 0)).toBe(-ENOSYS);
    expect(call(number("unshare"), CLONE_NEWUSER)).toBe(-EPERM);
    expect(call(number("clone"), CLONE_NEWUSER | 17)).toBe(-EPERM);
  });

  rootTest("AF_VSOCK and AF_ALG are refused, by whatever number the kernel would take for them", async () => {
    const { stage, call } = await raw();
    const high = 2n ** 32n;
    const [unix, alg, vsock] = [1, 38, 40];
    expect(call(number("socket"), high + BigInt(unix), 1, 0)).toBeGreaterThan(2); // the kernel cuts the number off
    await loadFilter(stage, usual);
    for (const family of [alg, vsock, high + BigInt(alg), high + BigInt(vsock)]) {
      expect([family, call(number("socket"), family, 1, 0)]).toEqual([family, -EPERM]);
    }
    expect(call(number("socket"), unix, 1, 0)).toBeGreaterThan(2);
  });

  rootTest("mounting is refused even to uid 0 with all capabilities", async () => {
    const { stage, call } = await raw(CLONE_NEWNS);
    const [target, type] = [Memory.string("/tmp"), Memory.string("nosuchfs")];
    expect(call(number("mount"), type, target, type, 0, 0)).toBe(-19); // ENODEV: past every permission
    await loadFilter(stage, usual);
    expect(call(number("mount"), type, target, type, 0, 0)).toBe(-EPERM);
  });
});

describe("what a filter cannot see", () => {
  rootTest("mkdir denied, mkdirat still works: a list of what is forbidden forgets", async () => {
    const { stage, call } = await raw();
    await loadFilter(stage, denies("mkdir"));
    const path = () => Memory.string(`/tmp/md-seccomp-${process.pid}`);
    const made = number("mkdir") < 0 ? -EPERM : call(number("mkdir"), path(), 0o700);
    expect([made, call(number("mkdirat"), -100, path(), 0o700)]).toEqual([-EPERM, 0]);
    expect(call(number("unlinkat"), -100, path(), 0x200)).toBe(0);
  });

  rootTest("a call that is made to succeed without being made: ERRNO(0)", async () => {
    const { stage, call, pid } = await raw();
    const rules = [{ names: ["setresuid"], action: "SCMP_ACT_ERRNO", errnoRet: 0 }];
    await loadFilter(stage, { defaultAction: "SCMP_ACT_ALLOW", syscalls: rules });
    expect(call(number("setresuid"), 1000, 1000, 1000)).toBe(0);
    expect(new View(pid).status("Uid")).toBe("0\t0\t0\t0");
  });
});

describe("actions", () => {
  const by = (action: string): Seccomp => ({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["getppid"], action }],
  });

  for (const action of ["SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"]) {
    rootTest(`${action} ends the process by SIGSYS`, async () => {
      const { stage, call, pid } = await raw();
      await loadFilter(stage, by(action));
      expect(() => call(number("getppid"))).toThrow("the raw stage ended during");
      expect(await ending(await run.host(), pid)).toBe("signal 31");
    });
  }

  rootTest("LOG lets the call through; TRACE without a tracer is ENOSYS", async () => {
    const [one, two] = [await raw(), await raw()];
    await loadFilter(one.stage, by("SCMP_ACT_LOG"));
    expect(one.call(number("getppid"))).toBeGreaterThan(0);
    await loadFilter(two.stage, by("SCMP_ACT_TRACE"));
    expect(two.call(number("getppid"))).toBe(-ENOSYS);
  });
});

rootTest("the interpreter and the kernel read struct seccomp_data alike", async () => {
  // A filter of the kernel's own data: the architecture, and all six arguments, each with both halves.
  const values = [1, 2, 3, 4, 5, 6].map((it) => it * 2 ** 33 + it);
  const args = values.map((value, index) => ({ index, value, op: "SCMP_CMP_EQ" as const }));
  const profile: Seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 99, args }],
  };
  const { stage, call } = await raw();
  await loadFilter(stage, profile);
  expect(call(number("getppid"), ...values.map(BigInt))).toBe(-99);
  for (let i = 0; i < 6; i++) {
    const other = values.map((it, at) => BigInt(at === i ? it + 1 : it));
    expect(call(number("getppid"), ...other)).toBeGreaterThan(0);
    expect(judge(compile(profile, arch), arch, "getppid", other)).toBe(SECCOMP_RET_ALLOW);
  }
});
