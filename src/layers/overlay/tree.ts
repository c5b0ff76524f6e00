// Places in the container's root, found without ever leaving it. The image decides what its paths lead to: /etc may be a symbolic link
// to /, /proc one to ../../../etc on the host. So no path below the root is given to the kernel as a path of ours: each
// is opened once, relative to the descriptor of the root, by openat2(2) with RESOLVE_IN_ROOT, for which the root is `/` and has
// no `..`; and what follows acts on the descriptor, not on the path a second time (CVE-2021-30465, CVE-2025-31133).

import { EEXIST, EINVAL, ELOOP, ENOENT, ENOTDIR, EPERM, EROFS } from "../../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  openHow,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "../../abi/fcntl.ts";
import { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH } from "../../abi/mount.ts";
import { S_IFREG, STATX_TYPE, statx } from "../../abi/stat.ts";
import { PROC_SUPER_MAGIC, statfs } from "../../abi/statfs.ts";
import type { Context } from "../../core/layer.ts";
import type { CallOptions, Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

/** The container's root while it is furnished. */
export interface Tree {
  readonly ctx: Context;
  readonly stage: Stage;
  /** Its descriptor (O_PATH). */
  readonly root: Result;
  /** In a user namespace: no device nodes, and some file systems only together with their namespaces. */
  readonly mapped: boolean;
  /** Descriptors of mounts that later steps refer to, by destination: `/proc`, `/dev`. */
  readonly mounted: Map<string, Result>;
  /** Answers of the kernel that must be right before the container is entered; see `judge`. */
  readonly judgements: Judgement[];
}

export interface Judgement {
  readonly result: Result;
  /** What is wrong, in a sentence, or undefined. Never called for a call that was skipped. */
  readonly complaint: (bytes: Uint8Array) => string | undefined;
}

/**
 * Whether symbolic links of the image are followed (within the root, of course): yes where a user chose the place, since /var/run is
 * often a link to /run; no for what the protections rely on, which is where it is or nowhere (CVE-2019-19921).
 */
export type Links = "followed" | "refused";

/** `/a//b/./c/..` → `a`, `b`. Lexical, as Docker cleans destinations; `..` ends at the root. */
export function components(path: string): string[] {
  const parts: string[] = [];
  for (const it of path.split("/")) {
    if (it === "..") parts.pop();
    else if (it !== "" && it !== ".") parts.push(it);
  }
  return parts;
}

/** Opens what is at the path, without reading it, so that not even a device node or a fifo notices. */
export function open(tree: Tree, path: string, links: Links, flags = 0, options: CallOptions = {}): Promise<Result> {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links === "refused" ? RESOLVE_NO_SYMLINKS : 0);
  const how = { flags: O_PATH | O_CLOEXEC | flags, resolve };
  return tree.stage.openat2(tree.root, path, how, openHow.size, { cause: inTheWay(path), ...options });
}

/** The folder at the path. It and those above it are made where they are missing, one by one, each from its parent's descriptor. */
export async function openFolder(tree: Tree, path: string, links: Links): Promise<Result> {
  const { stage, root } = tree;
  const parts = components(path);
  let at = root;
  for (const [i, name] of parts.entries()) {
    const here = parts.slice(0, i + 1).join("/");
    await stage.mkdirat(at, name, 0o755, { tolerate: [EEXIST], cause: inTheWay(here) });
    const next = await open(tree, here, links, O_DIRECTORY);
    if (at !== root) await stage.close(at);
    at = next;
  }
  return at === root ? open(tree, ".", links, O_DIRECTORY) : at;
}

/**
 * The file at the path, of whatever kind, made as an empty one where it is missing. With `itself`, a symbolic link there is not
 * followed and what is mounted on it takes its place: images have /etc/resolv.conf as a link that leads nowhere.
 */
export async function openFile(tree: Tree, path: string, links: Links, itself = false): Promise<Result> {
  const { stage } = tree;
  const parts = components(path);
  const name = parts.pop() ?? ".";
  const parent = await openFolder(tree, parts.join("/"), links);
  await stage.mknodat(parent, name, S_IFREG | 0o644, 0, { tolerate: [EEXIST], cause: inTheWay(path) });
  await stage.close(parent);
  return open(tree, [...parts, name].join("/"), links, itself ? O_NOFOLLOW : 0);
}

/** Puts a mount that is nowhere yet onto what `target` is open on, and closes both. */
export async function attach(tree: Tree, mount: Result, target: Result, path: string): Promise<void> {
  await put(tree, mount, target, path);
  await tree.stage.close(mount);
}

/** Likewise, and leaves `mount` open. */
export async function put({ stage }: Tree, mount: Result, target: Result, path: string): Promise<void> {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  const cause = {
    [EINVAL]: `at /${components(path).join("/")}, one of mount and mount point is a folder and the other is not`,
  };
  await stage.move_mount(mount, "", target, "", flags, { cause });
  await stage.close(target);
}

function inTheWay(path: string): Readonly<Record<number, string>> {
  const place = `/${components(path).join("/")}`;
  return {
    [ELOOP]: `the image has a symbolic link at ${place}, or above it, which is not followed: it has to be a real folder`,
    [ENOTDIR]: `the image has something at ${place}, or above it, that is not a folder`,
    [ENOENT]: `a symbolic link of the image at ${place}, or above it, leads nowhere`,
    [EPERM]: `nothing can be made at ${place}`,
    [EROFS]: `nothing can be made at ${place}: that part of the root is read-only`,
  };
}

/** Asks of which file system a descriptor is. */
export function fstatfs({ stage }: Pick<Tree, "stage">, fd: Result): Promise<Result> {
  return stage.fstatfs(fd, statfs.size);
}

/** Asks what kind of file a descriptor is of; of which device, if it is one. */
export function kindOf({ stage }: Pick<Tree, "stage">, fd: Result, assume?: Uint8Array): Promise<Result> {
  const options = assume === undefined ? {} : { assume };
  return stage.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, statx.size, options);
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * What a user or an image names must not land in proc: /proc/self/attr, say, under which the runtime would then write into a file of
 * the image's choice (CVE-2019-16884, CVE-2025-52881).
 */
export function judgeNotProc(tree: Tree, path: string, result: Result): void {
  const complaint = (bytes: Uint8Array): string | undefined =>
    Number(statfs.decode(viewOf(bytes)).f_type) === PROC_SUPER_MAGIC
      ? `${path} leads into /proc, where nothing may be mounted`
      : undefined;
  tree.judgements.push({ result, complaint });
}

/**
 * Looks at all the answers at once, before the container is entered: until then no code of the image has run, so nothing is lost by
 * having gone on, and a round trip for each is saved.
 */
export function judge({ stage, judgements }: Tree): void {
  for (const { result, complaint } of judgements) {
    const bytes = stage.bytes(result);
    if (result.value < 0 || bytes.length === 0 || stage.plans) continue;
    const text = complaint(bytes);
    if (text !== undefined) throw new Error(`overlay: ${text}`);
  }
}
