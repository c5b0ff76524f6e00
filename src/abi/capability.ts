// <linux/capability.h>: capabilities(7).

import { Struct } from "./struct.ts";
import { words } from "./words.ts";

/** Bit numbers by position: CAP_CHOWN is 0. Kernels up to 6.18 know these 41. */
const names = words(`
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
`);

export const capabilityNames: readonly string[] = names.map((name) => `CAP_${name}`);

/** The bit number of `CAP_CHOWN`, or undefined where no capability has that name. */
export function capabilityNumber(name: string): number | undefined {
  const number = capabilityNames.indexOf(name);
  return number < 0 ? undefined : number;
}

/** The 64-bit mask of a list of names, as /proc/PID/status shows it. Unknown names throw. */
export function capabilityMask(list: readonly string[]): bigint {
  return list.reduce((mask, name) => {
    const number = capabilityNumber(name);
    if (number === undefined) throw new Error(`no capability is called ${name}`);
    return mask | (1n << BigInt(number));
  }, 0n);
}

/** The bits of `mask` that this table has no name for: capabilities of a newer kernel. */
export function unnamedIn(mask: bigint): bigint {
  return mask & ~capabilityMask(capabilityNames);
}

/** The names in `mask`. Bits that this table does not know are left out. */
export function capabilitiesIn(mask: bigint): string[] {
  return capabilityNames.filter((_, number) => (mask >> BigInt(number)) & 1n);
}

export const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

export const userCapHeader = new Struct("__user_cap_header_struct", { version: "u32", pid: "i32" });

/** Two of __user_cap_data_struct: bits 0–31, then bits 32–63. */
export const userCapData = new Struct("__user_cap_data_struct[2]", {
  effective0: "u32",
  permitted0: "u32",
  inheritable0: "u32",
  effective1: "u32",
  permitted1: "u32",
  inheritable1: "u32",
});

/** The extended attribute `security.capability` of a program: its revision and flags, then two halves of two sets. */
export const vfsCapData = new Struct("vfs_cap_data", {
  magic_etc: "u32",
  permitted0: "u32",
  inheritable0: "u32",
  permitted1: "u32",
  inheritable1: "u32",
});
export const VFS_CAP_REVISION_2 = 0x02000000;
export const VFS_CAP_FLAGS_EFFECTIVE = 1;

/** How the trace prints the halves of the sets. */
export const showCapData = Object.fromEntries(
  Object.keys(userCapData.fields).map((field) => [field, (value: number | bigint) => showHalf(field, BigInt(value))]),
) as { [K in keyof typeof userCapData.fields]: (value: number | bigint) => string };

function showHalf(field: string, bits: bigint): string {
  const list = capabilitiesIn(field.endsWith("1") ? bits << 32n : bits);
  if (bits === 0n) return "0";
  return list.length > 20 ? `0x${bits.toString(16)}` : list.join("|");
}
