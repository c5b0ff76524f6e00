// What has to be true of the places that were found, asked of their descriptors. The answers are looked at together,
// before the container is entered: until then no code of the image has run, so nothing is lost by having gone on, and a
// round trip for each is saved.

import { AT_EMPTY_PATH } from "../../abi/fcntl.ts";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, STATX_TYPE, statx } from "../../abi/stat.ts";
import { PROC_SUPER_MAGIC, statfs } from "../../abi/statfs.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Device } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import type { Tree } from "./tree.ts";

/**
 * What a user or an image names must not land in proc: in /proc/self/attr, say, below which the runtime would then
 * write into a file of the image's choice (CVE-2019-16884, CVE-2025-52881).
 */
export async function forbidProc({ stage, demands }: Tree, path: string, fd: Result): Promise<void> {
  const complaint = (bytes: DataView): string | undefined =>
    Number(statfs.decode(bytes).f_type) === PROC_SUPER_MAGIC
      ? `${path} leads into /proc, where nothing may be mounted`
      : undefined;
  demands.push({ result: await stage.fstatfs(fd, statfs.size), complaint });
}

/** That it is the device which its name promises: what is called /dev/null is used to hide things. */
export async function demandDevice({ stage, demands }: Tree, fd: Result, device: Device): Promise<void> {
  const { path, major = 0, minor = 0, type } = device;
  const kind = type === "b" ? S_IFBLK : S_IFCHR;
  const complaint = (bytes: DataView): string | undefined => {
    const { stx_mode, stx_rdev_major, stx_rdev_minor } = statx.decode(bytes);
    const right = (stx_mode & S_IFMT) === kind && stx_rdev_major === major && stx_rdev_minor === minor;
    return right ? undefined : `${path} is not the device ${type} ${major}:${minor}`;
  };
  demands.push({ result: await askKind(stage, fd), complaint });
}

/** Asks what kind of file a descriptor is of, and of which device. A plan takes it for a folder. */
export function askKind(stage: Stage, fd: Result): Promise<Result> {
  const assume = statx.encode({ stx_mode: S_IFDIR });
  return stage.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, statx.size, { assume });
}

export function isFolder(stage: Stage, kind: Result): boolean {
  return (statx.decode(viewOf(stage.bytes(kind))).stx_mode & S_IFMT) === S_IFDIR;
}

/** Throws an Error for the first answer that is not what it should be. */
export function enforceDemands({ stage, demands }: Tree): void {
  stage.flush();
  if (stage.plans) return;
  for (const { result, complaint } of demands) {
    const text = result.ok ? complaint(viewOf(result.bytes)) : undefined;
    if (text !== undefined) throw new Refusal(`overlay: ${text}`);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
