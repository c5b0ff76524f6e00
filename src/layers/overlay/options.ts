// The words of a mount's `options`, as mount(8) and the OCI specification have them, turned into what the kernel takes.

import * as abi from "../../abi/mount.ts";
import type { Mount } from "../../core/spec.ts";

export interface MountOptions {
  /** MS_* for mount(2), which makes a mount of a file system. */
  readonly flags: number;
  /** The same as MOUNT_ATTR_* for mount_setattr(2), which changes a mount that is there. */
  readonly attributes: number;
  /** MS_PRIVATE and the like, and whether for the mounts below, too; undefined where the options do not say. */
  readonly propagation: { readonly type: number; readonly recursive: boolean } | undefined;
  readonly bind: boolean;
  /** `rbind`: with the mounts below. */
  readonly recursive: boolean;
  /** The file system's own words: `size=64m,mode=1777`. */
  readonly data: string;
}

/** What a word sets, for mount(2) and for mount_setattr(2), and whether it takes that back instead. */
type Meaning = readonly [flag: number, attribute: number, clear?: "clear"];

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ["ro", [abi.MS_RDONLY, abi.MOUNT_ATTR_RDONLY]],
  ["rw", [abi.MS_RDONLY, abi.MOUNT_ATTR_RDONLY, "clear"]],
  ["nosuid", [abi.MS_NOSUID, abi.MOUNT_ATTR_NOSUID]],
  ["suid", [abi.MS_NOSUID, abi.MOUNT_ATTR_NOSUID, "clear"]],
  ["nodev", [abi.MS_NODEV, abi.MOUNT_ATTR_NODEV]],
  ["dev", [abi.MS_NODEV, abi.MOUNT_ATTR_NODEV, "clear"]],
  ["noexec", [abi.MS_NOEXEC, abi.MOUNT_ATTR_NOEXEC]],
  ["exec", [abi.MS_NOEXEC, abi.MOUNT_ATTR_NOEXEC, "clear"]],
  ["nodiratime", [abi.MS_NODIRATIME, abi.MOUNT_ATTR_NODIRATIME]],
  ["diratime", [abi.MS_NODIRATIME, abi.MOUNT_ATTR_NODIRATIME, "clear"]],
  ["noatime", [abi.MS_NOATIME, abi.MOUNT_ATTR_NOATIME]],
  ["strictatime", [abi.MS_STRICTATIME, abi.MOUNT_ATTR_STRICTATIME]],
  ["relatime", [abi.MS_NOATIME | abi.MS_STRICTATIME, abi.MOUNT_ATTR__ATIME, "clear"]],
  ["atime", [abi.MS_NOATIME, abi.MOUNT_ATTR__ATIME, "clear"]],
  ["norelatime", [0, 0]],
  ["defaults", [0, 0]],
]);

const propagations: ReadonlyMap<string, number> = new Map([
  ["private", abi.MS_PRIVATE],
  ["slave", abi.MS_SLAVE],
  ["shared", abi.MS_SHARED],
  ["unbindable", abi.MS_UNBINDABLE],
]);

export function parseOptions({ options = [], type }: Mount): MountOptions {
  let flags = 0;
  let attributes = 0;
  let propagation: MountOptions["propagation"];
  const data: string[] = [];
  for (const word of options) {
    // `rro`, `rnosuid`: for the mounts below as well, which is what is done in any case
    const rest = word.startsWith("r") ? word.slice(1) : word;
    const meaning = meanings.get(word) ?? (rest === "ro" || rest.startsWith("no") ? meanings.get(rest) : undefined);
    const spread = propagations.get(rest);
    if (meaning !== undefined) {
      const [flag, attribute, clear] = meaning;
      flags = clear ? flags & ~flag : flags | flag;
      attributes = clear ? attributes & ~attribute : attributes | attribute;
    } else if (spread !== undefined) propagation = { type: spread, recursive: word.startsWith("r") };
    else if (word !== "bind" && word !== "rbind") data.push(word);
  }
  const recursive = options.includes("rbind");
  const bind = type === "bind" || recursive || options.includes("bind");
  return { flags, attributes, propagation, bind, recursive, data: data.join(",") };
}

/** Whether mounts made later spread between this one and the host's. */
export function isConnected(mount: Mount): boolean {
  const { bind, propagation } = parseOptions(mount);
  return bind && (propagation?.type === abi.MS_SHARED || propagation?.type === abi.MS_SLAVE);
}
