// Removing a container's writable layer: a tree that a stranger's program has filled. Nothing is followed out of it, no
// link and no mount, and neither its depth nor its permissions stop the removal.

import { type DirectoryEntry, DT_DIR, DT_UNKNOWN, parseDirectory } from "../abi/dirent.ts";
import { EACCES, EBUSY, EEXIST, EISDIR, ENOENT, ENOTEMPTY, EPERM, EXDEV } from "../abi/errno.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  openHow,
  RENAME_NOREPLACE,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../abi/fcntl.ts";
import type { CallOptions, Result } from "../stage/call.ts";
import { StageError } from "../stage/error.ts";
import type { Stage } from "../stage/stage.ts";
import type { Facts } from "./facts.ts";
import { withAllIds } from "./mapped-stage.ts";

/** A tree as whoever made it left it, the innermost folder first ("" is the top). */
export type Contents = readonly {
  readonly folder: string;
  /** Names in it that are no folders. */
  readonly files?: readonly string[];
  /** Names in it of folders, which are empty by the time that it is this one's turn. */
  readonly folders?: readonly string[];
}[];

/**
 * Removes the folder and all that is in it; succeeds where it is not there. Most are as they were made: what
 * `expected` names is removed without looking first. Throws an Error for a folder outside of minidocker's own, or one
 * that has something mounted in it.
 */
export async function removeTree(host: Stage, path: string, facts: Facts, expected: Contents = []): Promise<void> {
  const ours = [facts.stateDir, facts.dataDir].some((it) => path.startsWith(`${it}/`));
  if (!ours || path.split("/").includes(".."))
    throw new Error(`${path} is not removed: it is none of minidocker's folders`);
  if (expected.length > 0 && (await removeExpected(host, path, expected))) return;
  if (await removeAs(host, path, facts.rootless)) return;
  // files of the container's other users belong to subordinate ids, which only a user namespace has power over
  await withAllIds(host, facts, (stage) => removeAs(stage, path, false));
}

const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** How folders are opened that a stranger's program may have exchanged for something else. */
const BELOW = { flags: FOLDER, resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV };

/**
 * One round trip. False where anything else is there, or in the way; what has gone by then is
 * no loss to who looks first.
 */
async function removeExpected(stage: Stage, path: string, expected: Contents): Promise<boolean> {
  const [above, name] = split(path);
  const gone = { tolerate: [ENOENT] };
  const emptied = { tolerate: [ENOENT, ENOTEMPTY] };
  stage.flush();
  const parent = await stage.openat(AT_FDCWD, above, FOLDER, 0, gone);
  const top = await stage.openat(parent, name, FOLDER, 0, gone);
  const opened = [parent, top];
  try {
    for (const { folder, files = [], folders = [] } of expected) {
      const at = folder === "" ? top : await stage.openat2(top, folder, BELOW, openHow.size, gone);
      if (at !== top) opened.push(at);
      for (const it of files) await stage.unlinkat(at, it, 0, gone);
      for (const it of folders) await stage.unlinkat(at, it, AT_REMOVEDIR, emptied);
    }
    const last = await stage.unlinkat(parent, name, AT_REMOVEDIR, emptied);
    for (const it of opened) await stage.close(it);
    return [0, -ENOENT].includes(stage.value(last));
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    // they are closed last, so none of them is yet
    for (const it of opened) if (it.settled) await stage.close(it);
    return false;
  }
}

function split(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf("/");
  return [path.slice(0, at), path.slice(at + 1)];
}

/** Bytes of entries that are asked for at once: few, since most folders are small and many are looked at together. */
const PIECE = 2048;
const TOGETHER = 8;

/** False where permissions are in the way, which with `mayBeDenied` is no error. */
async function removeAs(stage: Stage, path: string, mayBeDenied: boolean): Promise<boolean> {
  const [folder, name] = split(path);
  const parent = await stage.openat(AT_FDCWD, folder, FOLDER, 0, { tolerate: [ENOENT] });
  const top = await stage.openat(parent, name, FOLDER, 0, { tolerate: [ENOENT, EACCES] });
  try {
    return await new Removal(stage, { parent, name, top }, mayBeDenied).run();
  } finally {
    for (const it of [top, parent]) if (it.settled) await stage.close(it);
  }
}

const inTheWay = {
  [EXDEV]: "something is mounted in there; umount it first",
  [EBUSY]: "something is mounted in there; umount it first",
  [EPERM]:
    "a file in there may be immutable or append-only: lsattr -R shows it, chattr -i -a mends it; or it is another user's",
};

interface Place {
  readonly parent: Result;
  readonly name: string;
  readonly top: Result;
}

/**
 * Empties a folder and removes it. Folders in it are emptied by moving *their* folders up beside them, under new
 * names, rather than by going down: so three descriptors are enough, and a tree of any depth can be removed, with
 * paths longer than the kernel takes.
 */
class Removal {
  readonly #stage: Stage;
  readonly #place: Place;
  readonly #top: Result;
  readonly #mayBeDenied: boolean;
  readonly #answers: Result[] = [];
  #serial = 0;

  constructor(stage: Stage, place: Place, mayBeDenied: boolean) {
    this.#stage = stage;
    this.#place = place;
    this.#top = place.top;
    this.#mayBeDenied = mayBeDenied;
  }

  /** What may also happen: permissions, or that somebody else is cleaning up at the same time. */
  #or(...errnos: number[]): CallOptions {
    return { tolerate: [...(this.#mayBeDenied ? [EACCES, EPERM] : [ENOENT]), ...errnos], cause: inTheWay };
  }

  /** False where permissions are in the way. */
  async run(): Promise<boolean> {
    for (let before: string | undefined; ; ) {
      const again = await this.#stage.openat(this.#top, ".", FOLDER, 0);
      const [entries = []] = await this.#list([again]);
      if (this.#top.value < 0) return this.#top.value !== -EACCES;
      await this.#stage.close(again);
      // a name that is taken, as by a removal that stopped half-way, is no reason to give up: the next one is tried
      const names = [...entries.map((it) => it.name), this.#serial].join("/");
      if (names === before) throw new Error(`these are not removed, although nothing forbids it: ${names}`);
      before = names;
      const folders = await this.#unlinkFiles(this.#top, entries);
      for (let i = 0; i < folders.length; i += TOGETHER) await this.#empty(folders.slice(i, i + TOGETHER));
      // travels with the rest: most trees are flat, and empty by now
      const { parent, name } = this.#place;
      const gone = await this.#stage.unlinkat(parent, name, AT_REMOVEDIR, { tolerate: [ENOENT, EACCES, ENOTEMPTY] });
      if (this.#denied()) return false;
      if (gone.value !== -ENOTEMPTY) return gone.value !== -EACCES;
    }
  }

  /** Removes what is no folder, and returns what is one. */
  async #unlinkFiles(folder: Result, entries: readonly DirectoryEntry[]): Promise<DirectoryEntry[]> {
    const stage = this.#stage;
    const doubtful: [DirectoryEntry, Result][] = [];
    for (const it of entries.filter(({ type }) => type !== DT_DIR)) {
      const answer = await stage.unlinkat(folder, it.bytes, 0, this.#or(...(it.type === DT_UNKNOWN ? [EISDIR] : [])));
      this.#answers.push(answer);
      if (it.type === DT_UNKNOWN) doubtful.push([it, answer]);
    }
    const found = doubtful.filter(([, answer]) => stage.value(answer) === -EISDIR).map(([it]) => it);
    return [...entries.filter(({ type }) => type === DT_DIR), ...found];
  }

  async #empty(folders: readonly DirectoryEntry[]): Promise<void> {
    const stage = this.#stage;
    const opened: Result[] = [];
    for (const it of folders) opened.push(await stage.openat2(this.#top, it.bytes, BELOW, openHow.size, this.#or()));
    const lists = await this.#list(opened);
    for (const [i, fd] of opened.entries()) {
      for (const child of await this.#unlinkFiles(fd, lists[i] ?? [])) {
        const name = `.removed-${++this.#serial}`;
        this.#answers.push(await stage.renameat2(fd, child.bytes, this.#top, name, RENAME_NOREPLACE, this.#or(EEXIST)));
      }
      await stage.close(fd);
      const { bytes } = folders[i] as DirectoryEntry;
      this.#answers.push(fd, await stage.unlinkat(this.#top, bytes, AT_REMOVEDIR, this.#or(ENOTEMPTY)));
    }
  }

  /** The entries of each. */
  async #list(folders: readonly Result[]): Promise<DirectoryEntry[][]> {
    const stage = this.#stage;
    const lists: DirectoryEntry[][] = folders.map(() => []);
    let open = [...folders.keys()];
    while (open.length > 0) {
      const pieces: [number, Result][] = [];
      // twice each, as the second one, which finds nothing more, would otherwise be a round trip of its own
      for (const i of open.flatMap((it) => [it, it]))
        pieces.push([i, await stage.getdents64(folders[i] as Result, PIECE, PIECE, { assume: nothing })]);
      for (const [i, piece] of pieces) {
        const size = stage.value(piece);
        if (size > 0) lists[i]?.push(...parseDirectory(stage.bytes(piece).subarray(0, size)));
      }
      open = pieces.filter(([, piece], at) => at % 2 === 1 && piece.value > 0).map(([i]) => i);
    }
    return lists;
  }

  #denied(): boolean {
    this.#stage.flush();
    const denied = this.#answers.some((it) => it.value === -EACCES || it.value === -EPERM);
    this.#answers.length = 0;
    return denied;
  }
}

const nothing = new Uint8Array(0);
