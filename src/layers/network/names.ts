// Names: the containers on the bridge find each other through /etc/hosts. When one joins or leaves, the part between
// our marks is rewritten in each member's file, in place, since the file is mounted into the container and a new one
// would not be.

import { EAGAIN, EEXIST, ENOENT } from "../../abi/errno.ts";
import {
  AT_FDCWD,
  LOCK_EX,
  LOCK_NB,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { etcFolder, hostsFile, withNames } from "../../core/netfiles.ts";
import { extension, type Spec } from "../../core/spec.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { leasesFolder, makeFolder, openFolder } from "./folders.ts";
import { entryOf, listMembers, type Member, memberOf, releaseAddress } from "./lease.ts";

const ATTEMPTS = 1000;
const AT_ONCE = 32;
const PIECE = 2048;
/** A file that the container has made larger is its own business. */
const LARGEST = 1 << 20;
/**
 * For files that a container owns: it may hold a lease on one (fcntl(2), F_SETLEASE), and whoever opens it then waits
 * 45 seconds, or with O_NONBLOCK is told EAGAIN at once.
 */
const NEVER_WAIT = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

/**
 * Where the overlay layer is off nobody has written the file. It must be there before the address is taken:
 * `updateNames` gives up the address of a member that has no such file.
 */
export async function ensureHostsFile(host: Stage, stateDir: string, spec: Spec): Promise<void> {
  const folder = etcFolder(stateDir, extension(spec, "id") ?? "");
  await makeFolder(host, folder);
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const file = await host.openat(AT_FDCWD, `${folder}/hosts`, flags, 0o644, { tolerate: [EEXIST] });
  const text = hostsFile(spec);
  await host.write(file, text, Buffer.byteLength(text));
  await host.close(file);
}

/** A name for itself, for a container that is on no bridge and knows its address by nobody. */
export async function nameItself(host: Stage, stateDir: string, spec: Spec): Promise<void> {
  const { id, names } = memberOf(spec);
  const file = await host.openat(AT_FDCWD, `${etcFolder(stateDir, id)}/hosts`, O_WRONLY | O_APPEND | NEVER_WAIT, 0, {
    tolerate: [ENOENT, EAGAIN],
  });
  const line = `127.0.1.1\t${ownNames(names)}\n`;
  await host.write(file, line, Buffer.byteLength(line));
  await host.close(file);
}

/**
 * Brings every member's file up to date. Nobody waits: whoever finds the lock taken leaves the work to its holder,
 * who looks again after letting go of it. So a container that is being stepped through never keeps others from
 * starting. `assume`: who is there in a plan.
 */
export async function updateNames(host: Stage, stateDir: string, assume: readonly Member[] = []): Promise<void> {
  let before: readonly Member[] | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = await openFolder(host, leasesFolder(stateDir));
    const mine = await host.flock(lock, LOCK_EX | LOCK_NB, { tolerate: [EAGAIN] });
    const members = await listMembers(host, stateDir, assume);
    if (host.value(mine) < 0 || (before !== undefined && same(before, members))) {
      await host.close(lock);
      return;
    }
    for (let i = 0; i < members.length; i += AT_ONCE) {
      await rewrite(host, stateDir, members, members.slice(i, i + AT_ONCE));
    }
    await host.close(lock);
    before = members;
  }
}

const same = (one: readonly Member[], other: readonly Member[]): boolean =>
  one.length === other.length &&
  one.every((it, i) => it.address === other[i]?.address && entryOf(it) === entryOf(other[i]));

async function rewrite(host: Stage, stateDir: string, all: readonly Member[], some: readonly Member[]): Promise<void> {
  const files: { member: Member; fd: Result; first: Result }[] = [];
  for (const member of some) {
    const path = `${etcFolder(stateDir, member.id)}/hosts`;
    const fd = await host.openat(AT_FDCWD, path, O_RDWR | NEVER_WAIT, 0, { tolerate: [ENOENT, EAGAIN] });
    files.push({ member, fd, first: await host.read(fd, PIECE, PIECE) });
  }
  for (const { member, fd, first } of files) {
    // its own doing: it keeps the names that it has, until the next time
    if (host.value(fd) === -EAGAIN) continue;
    // an address of a container that is no more, though its network was never taken back
    if (host.value(fd) < 0) await releaseAddress(host, stateDir, member.address, entryOf(member));
    const text = await readOn(host, fd, first);
    const changed = withNames(text, linesFor(member, all));
    if (changed !== text && text.length <= LARGEST) {
      const bytes = new TextEncoder().encode(changed);
      await host.pwrite64(fd, bytes, bytes.length, 0);
      await host.ftruncate(fd, bytes.length);
    }
    await host.close(fd);
  }
}

async function readOn(host: Stage, fd: Result, first: Result): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let piece = first; ; piece = await host.read(fd, PIECE, PIECE)) {
    const length = Math.max(0, host.value(piece));
    text += decoder.decode(piece.bytes.subarray(0, length), { stream: true });
    if (length < PIECE || text.length > LARGEST) return text;
  }
}

/** A name of its own wins over one that another container has as well, so its line comes first. */
function linesFor(member: Member, all: readonly Member[]): string[] {
  const own = `${member.address}\t${ownNames(member.names)}`;
  return [own, ...all.filter((it) => it !== member).map(({ address, names }) => `${address}\t${names.join(" ")}`)];
}

/** The hostname comes before the container's name: the first one is what an address is looked up to be. */
function ownNames([name = "", ...others]: readonly string[]): string {
  return [...others, name].join(" ");
}
