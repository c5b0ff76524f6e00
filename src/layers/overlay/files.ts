// On the host, before anything is mounted: the container's writable layer, and its /etc/hosts, hostname and
// resolv.conf. Inside, those three are mounted over the image's own.

import { EACCES, EEXIST, ENOENT, ENOSPC, EOPNOTSUPP, EROFS } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { S_IFREG } from "../../abi/stat.ts";
import type { Context, Intent } from "../../core/layer.ts";
import {
  etcFolder,
  etcFolderOf,
  hostnameFile,
  hostsFile,
  onlyLoopbackServers,
  resolvConf,
} from "../../core/netfiles.ts";
import { ownerText } from "../../core/owner.ts";
import type { Contents } from "../../core/remove-tree.ts";
import { extension, namespaceOf, type Spec } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { forbidProc } from "./demands.ts";
import { cloneOf, put } from "./mount.ts";
import { cleaned, inTheWay, openFolder, type Tree } from "./tree.ts";

const names = ["hosts", "hostname", "resolv.conf"] as const;

/** What is in both folders if no program of the container has left anything; overlayfs itself makes work/work. */
export const untouched: Readonly<Record<"scratch" | "etc", Contents>> = {
  etc: [{ folder: "", files: names }],
  scratch: [
    { folder: "upper/etc", files: names },
    { folder: "upper", folders: ["etc"] },
    { folder: "work", folders: ["work"] },
    { folder: "", files: ["owner"], folders: ["upper", "work", "merged"] },
  ],
};

const noPlace = {
  [ENOSPC]: "the disk is full: make room, or set MINIDOCKER_DATA and MINIDOCKER_STATE to folders elsewhere",
  [EROFS]: "that file system is read-only: set MINIDOCKER_DATA and MINIDOCKER_STATE to folders elsewhere",
  [EACCES]: "that folder belongs to somebody else",
};

/**
 * Announces and makes upper, work and merged, which stay as long as the container does. In a user namespace it returns,
 * in time, whether that file system takes the marks that overlayfs makes there: tmpfs does since Linux 6.6.
 */
export async function makeScratch(ctx: Context): Promise<Result | undefined> {
  const { host, spec, facts } = ctx;
  const scratch = extension(spec, "overlay")?.scratch;
  if (scratch === undefined) return undefined;
  ctx.step("make the container's own layer");
  ctx.intend(scratchIntent(scratch));
  await host.umask(0o022);
  const parent = scratch.slice(0, scratch.lastIndexOf("/"));
  await host.mkdirat(AT_FDCWD, parent, 0o700, { tolerate: [EEXIST], cause: noPlace });
  await host.mkdirat(AT_FDCWD, scratch, 0o700, { tolerate: [EEXIST], cause: noPlace });
  // a reboot takes away the journal in /run, and with it all that tells whose this is
  await host.symlinkat(ownerText(facts), AT_FDCWD, `${scratch}/owner`, { tolerate: [EEXIST], cause: noPlace });
  // what the container's / looks like is what `upper` does
  for (const [name, mode] of [
    ["upper", 0o755],
    ["work", 0o700],
    ["merged", 0o700],
  ] as const) {
    await host.mkdirat(AT_FDCWD, `${scratch}/${name}`, mode, { tolerate: [EEXIST], cause: noPlace });
  }
  if (namespaceOf(spec, "user") === undefined) return undefined;
  const nothing = new Uint8Array(0);
  return host.setxattr(`${scratch}/merged`, "user.overlay.test", nothing, 0, 0, { tolerate: [EOPNOTSUPP] });
}

/** The writable layer is the container, so it is there until the container is removed, not until its program ends. */
const scratchIntent = (path: string): Intent => ({ kind: "scratch", path, lasting: true });

/** Which of the three are mounted: all where minidocker makes the network, but for those that the user mounts. */
function wanted(spec: Spec): readonly (typeof names)[number][] {
  if (extension(spec, "network") === undefined || extension(spec, "id") === undefined) return [];
  const taken = new Set(spec.mounts.map((it) => cleaned(it.destination)));
  return names.filter((it) => !taken.has(`/etc/${it}`) && (it !== "hostname" || spec.hostname !== undefined));
}

export async function writeEtcFiles(ctx: Context): Promise<void> {
  const { host, spec, facts } = ctx;
  const id = extension(spec, "id");
  const folder = etcFolderOf(spec, facts.stateDir);
  // with another container's network come its files, which it has written
  if (wanted(spec).length === 0 || id === undefined || folder !== etcFolder(facts.stateDir, id)) return;
  ctx.step("write hosts, hostname and resolv.conf");
  ctx.intend({ kind: "etc", path: folder, lasting: true });
  const hosts = extension(spec, "network")?.mode === "host" ? await readText(host, "/etc/hosts") : "";
  const contents = {
    hosts: hostsFile(spec, hosts),
    hostname: hostnameFile(spec),
    "resolv.conf": resolvConf(spec, await hostResolvConf(host)),
  };
  await host.umask(0o022);
  await host.mkdirat(AT_FDCWD, folder, 0o755, { tolerate: [EEXIST], cause: noPlace });
  for (const name of names) {
    const text = new TextEncoder().encode(contents[name]);
    const flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    const fd = await host.openat(AT_FDCWD, `${folder}/${name}`, flags, 0o644, { cause: noPlace });
    await host.write(fd, text, text.length, { cause: noPlace });
    await host.close(fd);
  }
}

/** systemd-resolved's own list of servers, where /etc/resolv.conf names only its address on the host's loopback. */
async function hostResolvConf(host: Stage): Promise<string> {
  const text = await readText(host, "/etc/resolv.conf");
  if (!onlyLoopbackServers(text)) return text;
  return (await readText(host, "/run/systemd/resolve/resolv.conf")) || text;
}

const PIECE = 4096;

/** Empty where there is no such file. */
async function readText(host: Stage, path: string): Promise<string> {
  const fd = await host.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0, { tolerate: [ENOENT, EACCES] });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await host.read(fd, PIECE, PIECE, { assume: new Uint8Array(0) });
    const size = host.value(piece);
    if (size > 0) pieces.push(host.bytes(piece).slice(0, size));
    if (size < PIECE) break;
  }
  await host.close(fd);
  return new TextDecoder().decode(Buffer.concat(pieces));
}

/**
 * Over the image's files. Where one is a link, over the link itself: often /etc/resolv.conf leads nowhere in an
 * image. Returns name → whether it is there, in time; an ordinary user cannot add a file to an image of
 * somebody else's that lacks it.
 */
export async function mountEtcFiles(tree: Tree): Promise<ReadonlyMap<string, Result>> {
  const { ctx, stage } = tree;
  const folder = etcFolderOf(ctx.spec, ctx.facts.stateDir);
  const list = wanted(ctx.spec);
  const done = new Map<string, Result>();
  if (list.length === 0) return done;
  ctx.step("mount hosts, hostname and resolv.conf");
  const etc = await openFolder(tree, "/etc", "followed");
  await forbidProc(tree, "/etc", etc);
  for (const name of list) {
    await stage.mknodat(etc, name, S_IFREG | 0o644, 0, { tolerate: [EEXIST, EACCES], cause: inTheWay(`/etc/${name}`) });
    done.set(name, await put(stage, await cloneOf(stage, `${folder}/${name}`, false), { folder: etc, name }, [ENOENT]));
  }
  await stage.close(etc);
  return done;
}

/** What is different from what one might expect, once the calls have been made. */
export function report(ctx: Context, marks: Result | undefined, files: ReadonlyMap<string, Result>): void {
  const missing = [...files].filter(([, result]) => result.value === -ENOENT).map(([name]) => `/etc/${name}`);
  if (missing.length > 0)
    ctx.notice(
      `${missing.join(", ")}: not in the image, where this user can make no files, and so not in the container`,
    );
  if (marks?.ok === false)
    ctx.notice(
      "folders of the image that are removed cannot be made again: the file system of minidocker's data takes no user.* attributes (tmpfs before Linux 6.6); set MINIDOCKER_DATA to a folder on a disk",
    );
}
