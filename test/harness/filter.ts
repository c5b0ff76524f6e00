// Filters: asked what they say about a call, without a kernel; or loaded, as the layer does it.

import { decode, interpret } from "../../src/abi/bpf.ts";
import { auditArch, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, seccompData } from "../../src/abi/seccomp.ts";
import { type Arch, syscallNumbers } from "../../src/abi/syscalls.ts";
import type { Context } from "../../src/core/layer.ts";
import type { Seccomp } from "../../src/core/spec.ts";
import { seccomp } from "../../src/layers/seccomp/index.ts";
import type { Stage } from "../../src/stage/stage.ts";

/** Docker's fourteen. */
export const defaultCapabilities: readonly string[] = `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID
  SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

export const ALLOW = SECCOMP_RET_ALLOW;

/** What a filter returns to make a call fail with `errno`. */
export function failWith(errno: number): number {
  return SECCOMP_RET_ERRNO | errno;
}

/** What the filter says about a call: by name, or by number; as `arch`, or another AUDIT_ARCH_* value. */
export function judge(
  program: Uint8Array,
  arch: Arch,
  call: string | number,
  args: readonly (number | bigint)[] = [],
  entry: number = auditArch[arch],
): number {
  const nr = typeof call === "number" ? call : syscallNumbers(arch).get(call);
  if (nr === undefined) throw new Error(`${call} has no number on ${arch}`);
  return interpret(decode(program), seccompData.encode({ nr, arch: entry, args })).value;
}

/** Applies the layer to `stage`; nothing is sent yet. */
export async function loadFilter(stage: Stage, profile: Seccomp | undefined): Promise<void> {
  const linux = profile === undefined ? {} : { seccomp: profile };
  await seccomp.apply({ spec: { linux }, stage, step: () => {} } as unknown as Context);
}
