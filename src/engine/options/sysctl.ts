// --sysctl: only settings that belong to one of the container's own namespaces; others would change the host.

import { ValueError } from "./value.ts";

export interface Sysctl {
  readonly name: string;
  readonly value: string;
  /** The namespace that has a copy of its own of this setting. */
  readonly namespace: "ipc" | "network";
}

// namespaces(7), ipc_namespaces(7): what an IPC namespace keeps for itself.
const ofIpc = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map((it) => `kernel.${it}`),
);

/**
 * `net.core.somaxconn=1024`, or with slashes, as sysctl(8). In the name that comes back dots separate and a slash stands for a
 * dot within a part: `net.ipv4.conf.eth0/100.forwarding`.
 */
export function parseSysctl(text: string): Sysctl {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new ValueError("write NAME=VALUE, such as net.core.somaxconn=1024");
  const name = parts(text.slice(0, equals)).join(".");
  const value = text.slice(equals + 1);
  if (ofIpc.has(name) || name.startsWith("fs.mqueue.")) return { name, value, namespace: "ipc" };
  if (name.startsWith("net.")) return { name, value, namespace: "network" };
  throw new ValueError(
    "only settings below net. and fs.mqueue., and kernel.msg*, kernel.sem, kernel.shm* belong to a container; this one is the whole machine's",
  );
}

// Whichever of dot and slash comes first is what separates. No part may lead upwards in /proc/sys.
function parts(name: string): string[] {
  const separator = /[./]/.exec(name)?.[0] ?? ".";
  const list = name.split(separator).map((it) => (separator === "/" ? it.replaceAll(".", "/") : it));
  if (!list.every((it) => /^[\w-]+(\/[\w-]+)*$/.test(it))) throw new ValueError("not the name of a setting");
  return list;
}
