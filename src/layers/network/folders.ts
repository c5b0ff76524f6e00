// Where the network's part of the state is, and how its folders are listed.
//
//   state/network/            locked for the moment in which a container joins the bridge, or the last one leaves it
//     subnet                  a link whose target is the bridge's range of addresses: `172.30.0.0/16`
//     leases/172.30.0.2/      an address that is taken …
//       ID:NAME:HOSTNAME      … by this container, which the others on the bridge know by these names; the file is empty

import { encodeDirectory, parseDirectory } from "../../abi/dirent.ts";
import { EEXIST, ENOENT } from "../../abi/errno.ts";
import { AT_FDCWD, LOCK_EX, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

export const networkFolder = (stateDir: string): string => `${stateDir}/network`;
export const leasesFolder = (stateDir: string): string => `${networkFolder(stateDir)}/leases`;
export const subnetLink = (stateDir: string): string => `${networkFolder(stateDir)}/subnet`;

const PRIVATE = 0o700;
const DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
const PIECE = 8192;
/** Two entries of the longest name. */
const SMALL = 640;

export async function openFolder(host: Stage, path: string): Promise<Result> {
  return await host.openat(AT_FDCWD, path, DIRECTORY, 0, { tolerate: [ENOENT] });
}

export async function makeFolder(host: Stage, path: string, hold = false): Promise<void> {
  await host.mkdirat(AT_FDCWD, path, PRIVATE, { tolerate: [EEXIST], hold });
}

/** The names in a folder; none where it is missing. `assume`: for plans. */
export async function listFolder(host: Stage, path: string, assume: readonly string[] = []): Promise<string[]> {
  const folder = await openFolder(host, path);
  const names: string[] = [];
  for (;;) {
    // the second one is there to say that this was all
    const pieces = [
      await host.getdents64(folder, PIECE, PIECE, { assume: encodeDirectory(assume) }),
      await host.getdents64(folder, PIECE, PIECE),
    ];
    const found = pieces.map((it) => namesIn(host, it));
    names.push(...found.flatMap((it) => it ?? []));
    if (found.includes(undefined)) break;
  }
  await host.close(folder);
  return names;
}

/** Undefined: there are no more. */
function namesIn(host: Stage, piece: Result): string[] | undefined {
  const length = host.value(piece);
  return length <= 0 ? undefined : parseDirectory(piece.bytes.subarray(0, length)).map(({ name }) => name);
}

/** The name of the one entry in each of many folders, with one frame for all of them; undefined where there is none. */
export async function listSingles(
  host: Stage,
  paths: readonly string[],
  assume: readonly string[] = [],
): Promise<(string | undefined)[]> {
  const pieces: Result[] = [];
  for (const path of paths) {
    const folder = await openFolder(host, path);
    pieces.push(await host.getdents64(folder, SMALL, SMALL, { assume: encodeDirectory(assume) }));
    await host.close(folder);
  }
  return pieces.map((it) => namesIn(host, it)?.[0]);
}

/**
 * Makes calls in one frame, while no other container joins or leaves. Each of them must `hold`: so the lock is never
 * kept while somebody looks at what comes next.
 */
export async function locked<T>(host: Stage, stateDir: string, calls: () => Promise<T>): Promise<T> {
  const lock = await openFolder(host, networkFolder(stateDir));
  try {
    await host.flock(lock, LOCK_EX, { hold: true });
    const result = await calls();
    await host.close(lock);
    host.flush();
    return result;
  } catch (error) {
    // what comes next is to take back what was done, and that needs the lock
    host.discard();
    if (lock.settled && lock.ok) await host.close(lock);
    host.flush();
    throw error;
  }
}
