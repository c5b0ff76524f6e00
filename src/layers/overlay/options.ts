// The words of a mount's `options`, as mount(8) and the OCI specification have them, turned into what the kernel takes.

import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from "../../abi/mount.ts";
import type { Mount } from "../../core/spec.ts";

export interface MountOptions {
  /** MOUNT_ATTR_* that belong to the mount, not to the file system. */
  readonly attributes: number;
  /** MS_PRIVATE and the like, and whether for the mounts below, too; undefined where the options do not say. */
  readonly propagation: { readonly type: number; readonly recursive: boolean } | undefined;
  readonly bind: boolean;
  /** `rbind`: with the mounts below. */
  readonly recursive: boolean;
  /** The file system's own words: `size=64m`, or a flag without a value. */
  readonly data: readonly (readonly [name: string, value: string | undefined])[];
}

/** Word → attribute that it sets, or takes back. */
const attributes: Readonly<Record<string, { readonly set?: number; readonly clear?: number }>> = {
  ro: { set: MOUNT_ATTR_RDONLY },
  rw: { clear: MOUNT_ATTR_RDONLY },
  nosuid: { set: MOUNT_ATTR_NOSUID },
  suid: { clear: MOUNT_ATTR_NOSUID },
  nodev: { set: MOUNT_ATTR_NODEV },
  dev: { clear: MOUNT_ATTR_NODEV },
  noexec: { set: MOUNT_ATTR_NOEXEC },
  exec: { clear: MOUNT_ATTR_NOEXEC },
  nodiratime: { set: MOUNT_ATTR_NODIRATIME },
  diratime: { clear: MOUNT_ATTR_NODIRATIME },
  // one of three, in a field of two bits: relatime is 0
  noatime: { set: MOUNT_ATTR_NOATIME, clear: MOUNT_ATTR__ATIME },
  strictatime: { set: MOUNT_ATTR_STRICTATIME, clear: MOUNT_ATTR__ATIME },
  relatime: { clear: MOUNT_ATTR__ATIME },
  atime: { clear: MOUNT_ATTR__ATIME },
  norelatime: {},
  defaults: {},
};

const propagations: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  slave: MS_SLAVE,
  shared: MS_SHARED,
  unbindable: MS_UNBINDABLE,
};

export function parseOptions({ options = [], type }: Mount): MountOptions {
  let bits = 0;
  let propagation: MountOptions["propagation"];
  const data: [string, string | undefined][] = [];
  for (const word of options) {
    const attribute = attributes[word] ?? attributes[/^r(ro|rw|no\w+)$/.exec(word)?.[1] ?? ""];
    const spread = propagations[word.replace(/^r/, "")];
    if (attribute !== undefined) bits = (bits & ~(attribute.clear ?? 0)) | (attribute.set ?? 0);
    else if (spread !== undefined) propagation = { type: spread, recursive: word.startsWith("r") };
    else if (word !== "bind" && word !== "rbind") data.push(split(word));
  }
  const recursive = options.includes("rbind");
  const bind = type === "bind" || recursive || options.includes("bind");
  return { attributes: bits, propagation, bind, recursive, data };
}

function split(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** Whether mounts made later spread between this one and the host's. */
export function isConnected(mount: Mount): boolean {
  const { bind, propagation } = parseOptions(mount);
  return bind && (propagation?.type === MS_SHARED || propagation?.type === MS_SLAVE);
}
