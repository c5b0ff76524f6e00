// Fills Facts: what this host is. Reads only, and only what is cheap: this is on the way of every container's start.

import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { capabilityNames } from "../abi/capability.ts";
import { bootId } from "./boot.ts";
import { findCgroups } from "./cgroup-facts.ts";
import type { Facts, SubordinateRange } from "./facts.ts";
import { View } from "./view.ts";

export function findFacts(folders: { readonly state: string; readonly data: string }): Facts {
  const uid = process.geteuid?.() ?? 0;
  const rootless = uid !== 0;
  const kernel = release();
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  const tools = findTools(rootless ? ["newuidmap", "newgidmap", "pasta"] : []);
  const mayMap = tools["newuidmap"] !== undefined && tools["newgidmap"] !== undefined;
  return {
    uid,
    gid: process.getegid?.() ?? 0,
    rootless,
    kernel: { release: kernel, major, minor },
    cgroup: findCgroups(),
    subuids: mayMap ? subordinate("/etc/subuid", uid) : [],
    subgids: mayMap ? subordinate("/etc/subgid", uid) : [],
    tools,
    namespaces: new Set(readdirSync("/proc/self/ns")),
    lastCapability: lastCapability(),
    // few containers' options ask for it
    get capabilities() {
      return ownCapabilities();
    },
    bootId: bootId(),
    stateDir: folders.state,
    dataDir: folders.data,
  };
}

function lastCapability(): number {
  try {
    return Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));
  } catch {
    return 63; // as many as a set has bits: rather ask for one too many than leave one to the container
  }
}

function ownCapabilities(): string[] {
  const permitted = BigInt(`0x${new View(process.pid).status("CapPrm") ?? "0"}`);
  return capabilityNames.filter((_, number) => (permitted >> BigInt(number)) & 1n);
}

function findTools(names: readonly string[]): Record<string, string> {
  const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/bin:/sbin:/bin`;
  return Object.fromEntries(
    names
      .flatMap((name) => [[name, Bun.which(name, { PATH })]] as const)
      .filter((it): it is [string, string] => it[1] !== null),
  );
}

/** subuid(5): `name-or-uid:start:count`. */
function subordinate(file: string, uid: number): SubordinateRange[] {
  const owners = [String(uid), ...namesOf(uid)];
  return rowsOf(file)
    .filter(([owner = ""]) => owners.includes(owner))
    .map(([, start, count]) => ({ start: Number(start), count: Number(count) }));
}

/** passwd(5). Where somebody else knows the users (LDAP), $USER is to be believed: newuidmap(1) checks it. */
function namesOf(uid: number): string[] {
  const names = rowsOf("/etc/passwd").flatMap(([name = "", , id]) => (id === String(uid) ? [name] : []));
  return names.length > 0 ? names : [process.env["USER"] ?? ""];
}

/** Of a file whose fields are separated by colons. None where it cannot be read. */
function rowsOf(file: string): string[][] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((row) => row.split(":"));
  } catch {
    return [];
  }
}
