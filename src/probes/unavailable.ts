// Why a host cannot try a probe.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Facts } from "../core/facts.ts";
import { getpidBy32Bits, type MachineCode, program } from "./programs.ts";

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
};

export function noUserNamespaces(facts: Facts): string | undefined {
  if (!facts.namespaces.has("user")) return "this kernel has no user namespaces";
  if (read("/proc/sys/user/max_user_namespaces") === "0") return "user.max_user_namespaces is 0 here";
  return undefined;
}

/** For probes whose call this kernel might have been built without: a file that is there with it. */
export const withoutFile = (path: string, what: string) => (): string | undefined =>
  existsSync(path) ? undefined : `this kernel has no ${what}: there is no ${path}`;

/** Where there is nothing in the host's folder either, an empty one proves nothing. */
export const emptyFolder = (path: string) => (): string | undefined =>
  existsSync(path) && readdirSync(path).length > 0 ? undefined : `there is nothing in ${path} on this host`;

export const withoutFilesystem = (type: string) => (): string | undefined =>
  new RegExp(`\\t${type}$`, "m").test(read("/proc/filesystems") ?? "") ? undefined : `this kernel has no ${type}`;

/** Where a sysctl keeps everybody out, the container's layers have nothing to do with it. */
export const unlessSysctl = (name: string, good: string) => (): string | undefined => {
  const value = read(`/proc/sys/${name.replaceAll(".", "/")}`);
  return value === undefined || value === good ? undefined : `${name} is ${value} here: nobody may`;
};

export const onlyOnX86 = (): string | undefined =>
  process.arch === "x64" ? undefined : "there is no such call on this architecture";

/** Whether this host lets containers be limited by that controller: `memory`, `pids`, `cpu`, `devices`. */
export const withoutController =
  (name: "memory" | "pids" | "cpu" | "devices") =>
  ({ cgroup }: Facts): string | undefined => {
    if (cgroup.version === "none") return cgroup.problem ?? "cgroups cannot be used here";
    const there =
      cgroup.version === "v1" ? name in cgroup.parents : name === "devices" || cgroup.controllers.includes(name);
    return there ? undefined : `${cgroup.problem ?? `the cgroup controller ${name} is not available here`}`;
  };

export const firstReason =
  (...reasons: readonly ((facts: Facts) => string | undefined)[]) =>
  (facts: Facts): string | undefined =>
    reasons.map((it) => it(facts)).find((it) => it !== undefined);

/**
 * User-mode Linux takes 32-bit calls for 64-bit ones. A kernel that was built without them, or a hypervisor that does not pass them on,
 * answers with a signal; which only trying tells.
 */
export const no32BitCalls = ({ kernel }: Facts): string | undefined => {
  if (/\bUser Mode Linux\b/.test(read("/proc/cpuinfo") ?? ""))
    return `the kernel ${kernel.release} does not tell 32-bit calls apart`;
  takes32BitCalls ??= runs(getpidBy32Bits);
  return takes32BitCalls ? undefined : "this machine takes no 32-bit calls (int 0x80)";
};

let takes32BitCalls: boolean | undefined;

/** Whether such a program gets to its end. True where no program can be put into the folder for temporary files. */
function runs(code: MachineCode): boolean {
  const folder = mkdtempSync(join(tmpdir(), "minidocker-"));
  const file = join(folder, "program");
  try {
    writeFileSync(file, program(code), { mode: 0o700 });
    return Bun.spawnSync([file]).exitCode === 100;
  } catch {
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
