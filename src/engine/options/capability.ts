// --cap-add, --cap-drop.

import { capabilityNames } from "../../abi/capability.ts";
import { ValueError } from "./value.ts";

/** What Docker leaves a container's root by default: capabilities(7). */
export const defaultCapabilities: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_RAW",
  "CAP_SYS_CHROOT",
  "CAP_MKNOD",
  "CAP_AUDIT_WRITE",
  "CAP_SETFCAP",
];

/** `CAP_NET_ADMIN` for `net_admin`, `NET_ADMIN`, `cap_net_admin`; `ALL` for `all`. */
export function parseCapability(text: string): string {
  const name = text.toUpperCase();
  if (name === "ALL") return name;
  const full = name.startsWith("CAP_") ? name : `CAP_${name}`;
  if (!capabilityNames.includes(full)) throw new ValueError("no capability is called so: see capabilities(7)");
  return full;
}

/** Docker's rule: `--cap-add ALL` starts from all that `known` has, `--cap-drop ALL` from none, else one starts from the default. */
export function chooseCapabilities(
  add: readonly string[],
  drop: readonly string[],
  known: readonly string[] = capabilityNames,
): string[] {
  const wanted = (name: string): boolean => {
    if (add.includes("ALL")) return !drop.includes(name);
    if (add.includes(name)) return true;
    return !drop.includes("ALL") && !drop.includes(name) && defaultCapabilities.includes(name);
  };
  return known.filter(wanted);
}
