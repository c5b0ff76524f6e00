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

/** `net.core.somaxconn=1024`; slashes may stand for dots, as with sysctl(8). */
export function parseSysctl(text: string): Sysctl {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new ValueError("write NAME=VALUE, such as net.core.somaxconn=1024");
  const name = dotted(text.slice(0, equals));
  const value = text.slice(equals + 1);
  if (!/^[a-z0-9_-]+(\.[^.\s]+)+$/i.test(name) || /(^|\.)\.\.(\.|$)|\/\.\.?(\/|$)/.test(name))
    throw new ValueError("not the name of a setting");
  if (ofIpc.has(name) || name.startsWith("fs.mqueue.")) return { name, value, namespace: "ipc" };
  if (name.startsWith("net.")) return { name, value, namespace: "network" };
  throw new ValueError(
    "only settings below net. and fs.mqueue., and kernel.msg*, kernel.sem, kernel.shm* belong to a container; this one is the whole machine's",
  );
}

// In `net/ipv4/conf/eth0.100/forwarding` slashes separate and the dot belongs to a name.
function dotted(name: string): string {
  const slash = name.indexOf("/");
  const dot = name.indexOf(".");
  if (slash < 0 || (dot >= 0 && dot < slash)) return name;
  return name.replace(/[./]/g, (it) => (it === "/" ? "." : "/"));
}
