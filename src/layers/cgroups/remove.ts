// Taking a container's cgroup back: everything in it is killed, then its folders go, the deepest first. It is also
// how a container that was left behind by a crash is ended, so it asks nothing but the kernel.

import { UNIFIED } from "../../abi/cgroup.ts";
import { DT_DIR, parseDirectory } from "../../abi/dirent.ts";
import { EBUSY, ENODEV, ENOENT, ENOTEMPTY, ESRCH } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_CLOEXEC, O_DIRECTORY, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { SIGKILL } from "../../abi/signal.ts";
import { CgroupPlace } from "../../core/cgroup-folders.ts";
import type { Intent } from "../../core/layer.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

/** A killed process leaves its cgroup as it ends, a little later: looked for after 1, 2, 4 … 64 ms, for ten seconds. */
const PATIENCE = 160;
const milliseconds = (attempt: number): number => Math.min(2 ** attempt, 64);

/** Succeeds where the cgroup, or a part of it, was never made. Throws an Error that names folders that stay busy. */
export async function removeCgroup(host: Stage, intent: Intent): Promise<void> {
  const place = CgroupPlace.ofIntent(intent);
  let folders = [...new Set(place.folders.values())];
  for (let attempt = 0; ; attempt++) {
    const killed = await killAtOnce(host, place.folders.get(UNIFIED));
    folders = await removeFolders(host, place, folders);
    if (folders.length === 0) return;
    if (attempt === PATIENCE)
      throw new Error(`cgroups: still busy: ${folders.join(", ")}; see the processes in cgroup.procs`);
    if (killed === undefined || host.value(killed) < 0)
      await killOneByOne(host, place.folders.get("freezer") ?? (folders[0] as string));
    for (const folder of folders) await removeBelow(host, folder);
    await host.nanosleep({ tv_nsec: milliseconds(attempt) * 1_000_000 }, 0);
  }
}

/** cgroup.kill (since 5.14, hybrid hosts too): no process can fork away from it, and it reaches the cgroups below. */
async function killAtOnce(host: Stage, folder: string | undefined): Promise<Result | undefined> {
  if (folder === undefined) return undefined;
  const fd = await host.openat(AT_FDCWD, `${folder}/cgroup.kill`, O_WRONLY | O_CLOEXEC, 0, { tolerate: [ENOENT] });
  await host.write(fd, "1", 1);
  await host.close(fd);
  return fd;
}

/** Those of the folders that are still busy. */
async function removeFolders(host: Stage, place: CgroupPlace, folders: readonly string[]): Promise<string[]> {
  const results = new Map<string, Result>();
  for (const folder of folders) {
    results.set(folder, await host.unlinkat(AT_FDCWD, folder, AT_REMOVEDIR, { tolerate: [ENOENT, EBUSY] }));
  }
  // minidocker's own folder stays only as long as some container has a cgroup in it
  for (const above of place.trees.flatMap((it) => place.levels(it).slice(0, -1).toReversed())) {
    await host.unlinkat(AT_FDCWD, above, AT_REMOVEDIR, { tolerate: [ENOENT, EBUSY, ENOTEMPTY] });
  }
  return folders.filter((folder) => host.value(results.get(folder) as Result) === -EBUSY);
}

/** Without it: while all are frozen none can fork away from the signal, which reaches them when they thaw. */
async function killOneByOne(host: Stage, folder: string): Promise<void> {
  await write(host, `${folder}/freezer.state`, "FROZEN");
  for (const level of await tree(host, folder)) {
    const procs = await readAll(host, `${level}/cgroup.procs`);
    for (const pid of new TextDecoder().decode(procs).split("\n").filter(Boolean)) {
      await host.kill(Number(pid), SIGKILL, { tolerate: [ESRCH] });
    }
  }
  await write(host, `${folder}/freezer.state`, "THAWED");
}

async function write(host: Stage, path: string, text: string): Promise<void> {
  const fd = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0, { tolerate: [ENOENT] });
  await host.write(fd, text, text.length);
  await host.close(fd);
}

/** Cgroups that the container's own processes made, a systemd inside for example. */
async function removeBelow(host: Stage, folder: string): Promise<void> {
  for (const level of (await tree(host, folder)).slice(1).toReversed()) {
    await host.unlinkat(AT_FDCWD, level, AT_REMOVEDIR, { tolerate: [ENOENT, EBUSY] });
  }
}

/** The folder, then all below it, each before its own children. */
async function tree(host: Stage, folder: string): Promise<string[]> {
  const entries = parseDirectory(await readAll(host, folder, O_DIRECTORY));
  const below: string[] = [];
  for (const { name, type } of entries) if (type === DT_DIR) below.push(...(await tree(host, `${folder}/${name}`)));
  return [folder, ...below];
}

const PIECE = 32_768;

/** A file's bytes, or a folder's entries as getdents64(2) gives them. Empty where there is none. */
async function readAll(host: Stage, path: string, kind = 0): Promise<Uint8Array> {
  const fd = await host.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | kind, 0, { tolerate: [ENOENT, ENODEV] });
  const pieces: Uint8Array[] = [];
  for (;;) {
    const options = { tolerate: [ENOENT, ENODEV] }; // it may be removed between two calls
    const read =
      kind === O_DIRECTORY
        ? await host.getdents64(fd, PIECE, PIECE, options)
        : await host.read(fd, PIECE, PIECE, options);
    const size = host.value(read);
    if (size <= 0) break;
    pieces.push(host.bytes(read).slice(0, size));
  }
  await host.close(fd);
  return Buffer.concat(pieces);
}
