// The default profile: Docker's, call by call.

import { describe, expect, test } from "bun:test";
import { capabilityNames } from "../../src/abi/capability.ts";
import { ENOSYS, EPERM } from "../../src/abi/errno.ts";
import * as abi from "../../src/abi/seccomp.ts";
import { type Arch, syscallNumbers } from "../../src/abi/syscalls.ts";
import { compile } from "../../src/layers/seccomp/compile.ts";
import { allowed, privileged, refused } from "../../src/layers/seccomp/groups.ts";
import { defaultProfile, words } from "../../src/layers/seccomp/profile.ts";
import { ALLOW, defaultCapabilities, failWith, judge } from "../harness/filter.ts";

const REFUSED = failWith(EPERM);
const arches: readonly Arch[] = ["x86_64", "aarch64"];

/** The system calls of Linux 6.1: what came later, by number. */
function callsOf61(arch: Arch): string[] {
  const later = (number: number) => number > 450 || (arch === "x86_64" && (number === 335 || number === 336));
  return [...syscallNumbers(arch)].filter(([, number]) => !later(number)).map(([name]) => name);
}

/** `always`, `never`, or `by argument`, judged with arguments around everything that the profile looks at. */
function fate(program: Uint8Array, arch: Arch, name: string): string {
  const probes = [0, 1, 8, 9, 38, 39, 40, 41, 0x20000, 0x20008, 0x10000000, 0xffffffff, 0x1_0000_0000];
  const passed = probes.filter((it) => judge(program, arch, name, [it]) === ALLOW).length;
  return passed === probes.length ? "always" : passed === 0 ? "never" : "by argument";
}

function withCapabilities(names: readonly string[], arch: Arch = "x86_64"): Uint8Array {
  return compile(defaultProfile(names, arch), arch);
}

const usual = withCapabilities(defaultCapabilities);

describe("the whole of it, with Docker's fourteen capabilities", () => {
  // What Docker's profile yields for the same calls, compiled by libseccomp.
  test.each([
    ["x86_64", 362, 292],
    ["aarch64", 306, 251],
  ] as const)(
    "%s: of the %i calls of Linux 6.1, %i are always allowed and three by argument",
    (arch, calls, always) => {
      const program = withCapabilities(defaultCapabilities, arch);
      const fates = Map.groupBy(callsOf61(arch), (name) => fate(program, arch, name));
      expect(callsOf61(arch).length).toBe(calls);
      expect(fates.get("always")?.length).toBe(always);
      expect(fates.get("by argument")?.sort()).toEqual(["clone", "personality", "socket"]);
    },
  );

  test("what is refused on x86-64", () => {
    const never = callsOf61("x86_64").filter((name) => fate(usual, "x86_64", name) === "never");
    expect(never.sort().join(" ")).toBe(
      "_sysctl acct add_key afs_syscall bpf clock_settime clone3 create_module delete_module fanotify_init " +
        "finit_module fsconfig fsmount fsopen fspick get_kernel_syms get_mempolicy getpmsg init_module io_uring_enter " +
        "io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind " +
        "migrate_pages mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at open_tree " +
        "perf_event_open pidfd_getfd pivot_root process_madvise putpmsg query_module quotactl quotactl_fd reboot " +
        "request_key security set_mempolicy set_mempolicy_home_node setdomainname sethostname setns settimeofday " +
        "swapoff swapon sysfs syslog tuxcall umount2 unshare uselib userfaultfd ustat vhangup vserver",
    );
  });

  test.each(arches)("every call of %s stands in exactly one place, with a reason", (arch) => {
    const groups = [...allowed, ...refused].flatMap((it) => words(it.calls));
    const places = [...groups, ...new Set(privileged.flatMap((it) => words(it.calls))), "socket", "personality"];
    for (const name of syscallNumbers(arch).keys()) {
      expect([name, places.filter((it) => it === name).length]).toEqual([name, 1]);
    }
    for (const { why, calls } of [...allowed, ...privileged, ...refused]) {
      expect(why.length).toBeGreaterThan(10);
      expect(calls.trim()).toBe(calls);
    }
  });

  test("the tables name no call that does not exist", () => {
    const known = new Set(arches.flatMap((arch) => [...syscallNumbers(arch).keys()]));
    const named = [...allowed, ...privileged, ...refused].flatMap((it) => words(it.calls));
    expect(named.filter((it) => !known.has(it))).toEqual([]);
  });

  test("takes a tenth of the thousand instructions that libseccomp makes of Docker's profile", () => {
    expect(usual.length / 8).toBe(96);
    expect(withCapabilities(defaultCapabilities, "aarch64").length / 8).toBe(99);
  });
});

describe("arguments", () => {
  const say = (name: string, ...args: (number | bigint)[]) => judge(usual, "x86_64", name, args);

  test("clone makes processes and threads, but no namespace", () => {
    const SIGCHLD = 17;
    expect(say("clone", SIGCHLD)).toBe(ALLOW);
    expect(say("clone", 0x3d0f00)).toBe(ALLOW); // pthread_create
    const namespaces = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
    for (const flag of namespaces) expect(say("clone", flag | SIGCHLD)).toBe(REFUSED);
  });

  test("clone3 does not exist", () => {
    expect(say("clone3", 0, 88)).toBe(failWith(ENOSYS));
  });

  test("socket: every family but AF_ALG and AF_VSOCK", () => {
    const families = Array.from({ length: 46 }, (_, family) => family);
    expect(families.filter((it) => say("socket", it) !== ALLOW)).toEqual([38, 40]);
  });

  test("socket: bits that the kernel cuts off open nothing", () => {
    for (const high of [1n << 32n, 1n << 63n, 0xffff_ffffn << 32n]) {
      for (let family = 0n; family < 46n; family++) expect(say("socket", high | family)).toBe(REFUSED);
    }
  });

  test("personality: plain or 32-bit, with either version, and the question", () => {
    const passed = [0, 8, 0x20000, 0x20008, 0xffffffff];
    for (const it of passed) expect(say("personality", it)).toBe(ALLOW);
    for (const it of [1, 9, 0x40000, 0x400000, 0x1_0000_0000, 2 ** 53 - 1])
      expect(say("personality", it)).toBe(REFUSED);
  });
});

describe("capabilities", () => {
  const calls = [...syscallNumbers("x86_64").keys()];
  const opened = (capability: string): string => {
    const [without, having] = [withCapabilities([]), withCapabilities([capability])];
    return calls
      .filter((it) => fate(without, "x86_64", it) !== fate(having, "x86_64", it))
      .sort()
      .join(" ");
  };

  test.each([
    [
      "CAP_SYS_ADMIN",
      "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount2 unshare",
    ],
    ["CAP_SYS_CHROOT", "chroot"],
    ["CAP_DAC_READ_SEARCH", "open_by_handle_at"],
    ["CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise"],
    ["CAP_SYS_BOOT", "reboot"],
    ["CAP_SYS_MODULE", "delete_module finit_module init_module"],
    ["CAP_SYS_PACCT", "acct"],
    ["CAP_SYS_RAWIO", "ioperm iopl"],
    ["CAP_SYS_TIME", "clock_settime settimeofday"],
    ["CAP_SYS_TTY_CONFIG", "vhangup"],
    ["CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"],
    ["CAP_SYSLOG", "syslog"],
    ["CAP_BPF", "bpf"],
    ["CAP_PERFMON", "perf_event_open"],
  ])("%s opens %s", (capability, names) => {
    expect(opened(capability)).toBe(names);
  });

  test("no other capability opens anything", () => {
    const those = new Set(privileged.map((it) => it.capability));
    for (const it of capabilityNames) if (!those.has(it)) expect([it, opened(it)]).toEqual([it, ""]);
  });

  test("with all of them, io_uring, keyrings, userfaultfd, kexec and pivot_root stay shut", () => {
    const program = withCapabilities(capabilityNames);
    for (const name of refused.flatMap((it) => words(it.calls))) {
      if (syscallNumbers("x86_64").has(name)) expect([name, judge(program, "x86_64", name)]).toEqual([name, REFUSED]);
    }
  });
});

test("32-bit and x32 calls are refused, not killed", () => {
  const keyctl = 288;
  expect(judge(usual, "x86_64", keyctl, [], abi.AUDIT_ARCH_I386)).toBe(REFUSED);
  expect(judge(usual, "x86_64", 20, [], abi.AUDIT_ARCH_I386)).toBe(REFUSED);
  expect(judge(usual, "x86_64", 0x40000000 | 39)).toBe(REFUSED);
  const arm = withCapabilities(defaultCapabilities, "aarch64");
  expect(judge(arm, "aarch64", 20, [], abi.AUDIT_ARCH_ARM)).toBe(REFUSED);
});
