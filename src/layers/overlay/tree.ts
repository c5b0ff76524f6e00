// Places in the container's root, found without ever leaving it. The image decides what its paths lead to: /etc may be
// a symbolic link to /, /proc one to ../../../etc on the host. So no path below the root is given to the kernel as a
// path of ours: each is opened once, relative to the descriptor of the root, by openat2(2) with RESOLVE_IN_ROOT, for
// which the root is `/` and has no `..`; and what follows acts on the descriptor, not on the path a second time
// (CVE-2021-30465, CVE-2025-31133).

import { EACCES, EEXIST, ELOOP, ENOENT, ENOTDIR, EPERM, EROFS } from "../../abi/errno.ts";
import {
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  openHow,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "../../abi/fcntl.ts";
import { S_IFREG } from "../../abi/stat.ts";
import type { Context } from "../../core/layer.ts";
import type { CallOptions, Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import type { Spot } from "./mount.ts";

/** The container's root while it is furnished. */
export interface Tree {
  readonly ctx: Context;
  readonly stage: Stage;
  /** Its descriptor (O_PATH). */
  readonly root: Result;
  /** In a user namespace: no device nodes, and some file systems only together with their namespaces. */
  readonly mapped: boolean;
  /** Descriptors of mounts of ours that later steps refer to, by destination: `/dev`, `/proc`. */
  readonly mounted: Map<string, Result>;
  /** Answers of the kernel that must be right before the container is entered. */
  readonly demands: Demand[];
}

/** An answer of the kernel that is looked at later: demands.ts. */
export interface Demand {
  readonly result: Result;
  /** What is wrong, in a sentence, or undefined. Never asked about a call that was skipped. */
  readonly complaint: (bytes: DataView) => string | undefined;
}

/**
 * Whether symbolic links of the image are followed (within the root, of course): yes where a user chose the
 * place, since /var/run is often a link to /run; no for what the protections rely on, which is where it is or
 * nowhere (CVE-2019-19921).
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

/** `/a/b` for whatever way that was written. */
export const cleaned = (path: string): string => `/${components(path).join("/")}`;

/** Opens what is at the path, without reading it, so that not even a device node or a fifo notices. */
export function open(tree: Tree, path: string, links: Links, flags = 0, options: CallOptions = {}): Promise<Result> {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (links === "refused" ? RESOLVE_NO_SYMLINKS : 0);
  const how = { flags: O_PATH | O_CLOEXEC | flags, resolve };
  return tree.stage.openat2(tree.root, path, how, openHow.size, { cause: inTheWay(path), ...options });
}

/**
 * The folder at the path. It and those above it are made where they are missing, each in its parent's descriptor, and
 * opened by the whole path from the root: a link in it may lead anywhere below the root.
 */
export async function openFolder(tree: Tree, path: string, links: Links): Promise<Result> {
  const { stage, root } = tree;
  const parts = components(path);
  // in sysfs nothing can be made
  const inSysfs = parts[0] === "sys" && parts.length > 1 && tree.ctx.spec.mounts.some((it) => it.type === "sysfs");
  if (parts.length === 0 || inSysfs) return open(tree, parts.join("/") || ".", links, O_DIRECTORY);
  let at = root;
  for (const [i, name] of parts.entries()) {
    const here = parts.slice(0, i + 1).join("/");
    await stage.mkdirat(at, name, 0o755, { tolerate: [EEXIST], cause: inTheWay(here) });
    const next = await open(tree, here, links, O_DIRECTORY);
    if (at !== root) await stage.close(at);
    at = next;
  }
  return at;
}

/** Where a folder is to be mounted. Right below a mount of ours it is a new one, and its name is enough. */
export async function folderSpot(tree: Tree, path: string, links: Links): Promise<Spot> {
  const parts = components(path);
  const name = parts.at(-1) ?? "";
  const above = tree.mounted.get(`/${parts.slice(0, -1).join("/")}`);
  if (above === undefined) return { folder: await openFolder(tree, path, links), name: "" };
  await tree.stage.mkdirat(above, name, 0o755, { cause: { [EEXIST]: `there is a ${cleaned(path)} already` } });
  return { folder: above, name, shared: true };
}

/** Where a file is to be mounted. It is made, empty, where it is missing. */
export async function fileSpot(tree: Tree, path: string, links: Links): Promise<Spot> {
  const parts = components(path);
  const name = parts.pop() ?? ".";
  const parent = await openFolder(tree, parts.join("/"), links);
  await makeFile(tree, parent, name, path);
  await tree.stage.close(parent);
  return { folder: await open(tree, [...parts, name].join("/"), links), name: "" };
}

/** Not by opening, which could wait for a fifo's other end or wake a device. */
export function makeFile({ stage }: Tree, folder: Result, name: string, path: string): Promise<Result> {
  return stage.mknodat(folder, name, S_IFREG | 0o644, 0, { tolerate: [EEXIST], cause: inTheWay(path) });
}

/** Why a place may not be found or made, for the messages of errors. */
export function inTheWay(path: string): Readonly<Record<number, string>> {
  const place = cleaned(path);
  return {
    [ELOOP]: `the image has a symbolic link at ${place}, or above it, which is not followed: it has to be a real folder`,
    [ENOTDIR]: `the image has something at ${place}, or above it, that is not a folder`,
    [ENOENT]: `a symbolic link of the image at ${place}, or above it, leads nowhere`,
    [EPERM]: `nothing can be made at ${place}`,
    [EACCES]: `${place} cannot be made: the folder belongs to a user of the host who has no id in the container`,
    [EROFS]: `nothing can be made at ${place}: that part of the root is read-only`,
  };
}
