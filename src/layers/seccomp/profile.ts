// The default profile: Docker's, written as a list of what is allowed. What is not in it fails with EPERM, as if a
// permission were missing, which programs know how to take. About 70 calls are left out, most of which need a
// capability that a container lacks anyway. That is the point: two locks on the doors where the kernel has had the most
// break-ins, and one lock on a few that no capability guards (keyrings, io_uring, new user namespaces).

import { ENOSYS, EPERM } from "../../abi/errno.ts";
import * as sched from "../../abi/sched.ts";
import * as socket from "../../abi/socket.ts";
import type { Arch } from "../../abi/syscalls.ts";
import type { Seccomp, SeccompArgument, SeccompRule } from "../../core/spec.ts";
import { allowed, privileged } from "./groups.ts";

const ALLOW = "SCMP_ACT_ALLOW";
const ERRNO = "SCMP_ACT_ERRNO";

/** Docker lists the smaller siblings of an architecture, and so do we; compile() denies them instead of killing. */
const architectures: Readonly<Record<Arch, readonly string[]>> = {
  x86_64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  aarch64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
};

/**
 * The profile for a container whose bounding set is `capabilities` (`CAP_SYS_ADMIN`, …). It names calls of both
 * architectures; compile() leaves out those that `arch` does not have.
 */
export function defaultProfile(capabilities: readonly string[], arch: Arch): Seccomp {
  const held = new Set(capabilities);
  const syscalls: SeccompRule[] = [];
  for (const { calls } of allowed) syscalls.push({ names: words(calls), action: ALLOW });
  for (const { capability, calls } of privileged) {
    if (held.has(capability)) syscalls.push({ names: words(calls), action: ALLOW });
  }
  syscalls.push(...families(), ...personalities(), ...newProcesses(held));
  return { defaultAction: ERRNO, defaultErrnoRet: EPERM, architectures: [...architectures[arch]], syscalls };
}

/** The names in a table's list, which is broken and indented by six. A regular expression takes far longer to start. */
export function words(list: string): string[] {
  return list.replaceAll("\n     ", "").split(" ");
}

function when(name: string, argument: Omit<SeccompArgument, "index">): SeccompRule {
  return { names: [name], action: ALLOW, args: [{ index: 0, ...argument }] };
}

/**
 * socket(2): every address family but two. AF_VSOCK speaks to the hypervisor and to other virtual machines, and knows
 * no network namespace. AF_ALG, the kernel's cryptography for user space, let any process change pages of files that it
 * may only read (CVE-2026-31431).
 *
 * The families above AF_VSOCK are listed one by one, not allowed as "greater than": a filter compares all 64 bits
 * of an argument, the kernel uses the lower 32. With "greater than", family 2³² + 38 would pass, and be AF_ALG.
 */
function families(): SeccompRule[] {
  const above = [socket.AF_KCM, socket.AF_QIPCRTR, socket.AF_SMC, socket.AF_XDP, socket.AF_MCTP];
  return [
    when("socket", { value: socket.AF_ALG, op: "SCMP_CMP_LT" }),
    ...[socket.AF_NFC, ...above].map((value) => when("socket", { value, op: "SCMP_CMP_EQ" })),
  ];
}

/**
 * personality(2): plain Linux; 32-bit (PER_LINUX32); either with the kernel's version shown as 2.6 (UNAME26); and
 * 0xffffffff, which only asks. Not ADDR_NO_RANDOMIZE and others that make exploits easier.
 */
function personalities(): SeccompRule[] {
  const linux32 = 0x0008;
  const uname26 = 0x20000;
  return [0, linux32, uname26, uname26 | linux32, 0xffffffff].map((value) =>
    when("personality", { value, op: "SCMP_CMP_EQ" }),
  );
}

/**
 * clone(2) starts processes and threads, but makes no namespaces: in a user namespace of its own a process holds all
 * capabilities, and so reaches kernel code that was written for root. clone3(2) has its flags in memory, where a filter
 * cannot look. ENOSYS, not EPERM, makes C libraries fall back to clone.
 */
function newProcesses(held: ReadonlySet<string>): SeccompRule[] {
  if (held.has("CAP_SYS_ADMIN")) return [];
  return [
    when("clone", { value: NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
    { names: ["clone3"], action: ERRNO, errnoRet: ENOSYS },
  ];
}

/** All CLONE_NEW* that clone(2) takes: 0x7e020000. (CLONE_NEWTIME is only for unshare and clone3.) */
const NAMESPACES =
  sched.CLONE_NEWNS |
  sched.CLONE_NEWCGROUP |
  sched.CLONE_NEWUTS |
  sched.CLONE_NEWIPC |
  sched.CLONE_NEWUSER |
  sched.CLONE_NEWPID |
  sched.CLONE_NEWNET;
