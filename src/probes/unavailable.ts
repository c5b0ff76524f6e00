// Why a host cannot try a probe.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Facts } from "../core/facts.ts";

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

/** A kernel that takes no 32-bit calls answers `int 0x80` with a signal. User-mode Linux takes them for 64-bit ones. */
export const no32BitCalls = ({ kernel }: Facts): string | undefined =>
  /\bUser Mode Linux\b/.test(read("/proc/cpuinfo") ?? "")
    ? `the kernel ${kernel.release} does not tell 32-bit calls apart`
    : undefined;
