// Kernel settings, through /proc/sys while it can still be written. Only those of which each namespace has its own: any other
// would change the host.

import { EACCES, EINVAL, ENOENT, EPERM, EROFS } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_WRONLY,
  openHow,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../../abi/fcntl.ts";
import { Refusal } from "../../core/refusal.ts";
import { type NamespaceType, namespaceOf, type Spec } from "../../core/spec.ts";
import type { Tree } from "./tree.ts";

/** Which names belong to which namespace: namespaces(7), Documentation/admin-guide/sysctl. */
const rows: readonly { readonly names: RegExp; readonly namespace: NamespaceType }[] = [
  { names: /^net\./, namespace: "network" },
  { names: /^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/, namespace: "ipc" },
  { names: /^fs\.mqueue\./, namespace: "ipc" },
  { names: /^kernel\.(domainname|hostname)$/, namespace: "uts" },
];

/** As sysctl(8): with slashes, dots belong to the names, as those of VLANs do. */
const fileOf = (name: string): string => (name.includes("/") ? name : name.replaceAll(".", "/"));

/** Throws an Error that names the setting, before anything is changed. */
export function checkSysctls(spec: Spec): void {
  for (const name of Object.keys(spec.linux.sysctl ?? {})) {
    const row = rows.find((it) => it.names.test(name.replaceAll("/", ".")));
    if (name.split(/[./]/).includes("")) throw new Refusal(`overlay: ${JSON.stringify(name)} is no name of a sysctl`);
    if (row === undefined)
      throw new Refusal(`overlay: sysctl ${name} belongs to no namespace: it would change the host`);
    const own = namespaceOf(spec, row.namespace);
    // one that is joined belongs to somebody else, and may be the host's
    if (own === undefined || own.path !== undefined)
      throw new Refusal(
        `overlay: sysctl ${name} needs a ${row.namespace} namespace of the container's own: it would change ${own === undefined ? "the host" : "whoever else is in the one that is joined"}`,
      );
  }
}

export async function setSysctls({ ctx, stage, mounted }: Tree): Promise<void> {
  const settings = Object.entries(ctx.spec.linux.sysctl ?? {});
  if (settings.length === 0) return;
  ctx.step("set kernel parameters of its namespaces");
  // whose setting a name means is decided by who opens it, so the host's /proc does where the container has none
  const own = mounted.get("/proc");
  const proc = own ?? (await stage.openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
  for (const [name, value] of settings) {
    // from the descriptor of proc, and without leaving it: a path could be made to end elsewhere (CVE-2025-52881)
    const how = { flags: O_WRONLY | O_CLOEXEC, resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };
    const fd = await stage.openat2(proc, `sys/${fileOf(name)}`, how, openHow.size, { cause: cause(name) });
    await stage.write(fd, value, Buffer.byteLength(value), { cause: cause(name) });
    await stage.close(fd);
  }
  if (own === undefined) await stage.close(proc);
}

const cause = (name: string) => ({
  [ENOENT]: `this kernel has no ${name}`,
  [EINVAL]: `${name} does not take that value`,
  [EACCES]: `${name} cannot be set in a user namespace with this kernel`,
  [EPERM]: `${name} cannot be set in a user namespace with this kernel`,
  [EROFS]: "/proc/sys is read-only here, as inside another container",
});
