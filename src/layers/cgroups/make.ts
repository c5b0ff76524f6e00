// Making a container's cgroup, step by step, and putting the process into it.

import { UNIFIED } from "../../abi/cgroup.ts";
import { EACCES, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP, ERANGE } from "../../abi/errno.ts";
import { AT_FDCWD, F_OK, O_CLOEXEC, O_WRONLY } from "../../abi/fcntl.ts";
import type { CgroupPlace, Folders } from "../../core/cgroup-folders.ts";
import type { Context } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { readFile, text, writeFile, writeWord } from "./files.ts";
import type { Setting } from "./limits.ts";

type Causes = Readonly<Record<number, string>>;

/** A folder of cgroupfs is not executable code or anybody's document: rwxr-xr-x, as the kernel's own are. */
const MODE = 0o755;

/** Right after minidocker's own folder was made, the end of another container may remove it again. */
const ATTEMPTS = 20;

/** Announces the cgroup and makes its folder in each tree. Refuses to take over one that is already there. */
export async function makeFolders(ctx: Context, place: CgroupPlace): Promise<void> {
  const { host } = ctx;
  ctx.step("look whether the name is free");
  // Before the intent: what is taken back later must be ours, and taking back means killing what is inside.
  const found = new Map<string, Result>();
  for (const folder of new Set(place.folders.values())) {
    found.set(folder, await host.faccessat2(AT_FDCWD, folder, F_OK, 0, { tolerate: [ENOENT], assume: -ENOENT }));
  }
  for (const [folder, result] of found) {
    if (host.value(result) === 0)
      throw new Refusal(`cgroups: ${folder} exists: another container uses it; if none does, rmdir it`);
  }
  ctx.step("make the cgroup");
  ctx.intend(place.intent());
  let missing = place.trees;
  for (let attempt = 0; missing.length > 0 && attempt < ATTEMPTS; attempt++) {
    const made = new Map<string, Result>();
    for (const tree of missing) made.set(tree, await makeLevels(host, place.levels(tree)));
    missing = missing.filter((tree) => host.value(made.get(tree) as Result) === -ENOENT);
  }
  if (missing.length > 0)
    throw new Refusal(
      `cgroups: no folder can be made below ${missing.join(", ")}: somebody removes it again and again`,
    );
}

async function makeLevels(host: Stage, levels: readonly string[]): Promise<Result> {
  for (const above of levels.slice(0, -1)) await host.mkdirat(AT_FDCWD, above, MODE, { tolerate: [EEXIST, ENOENT] });
  return host.mkdirat(AT_FDCWD, levels.at(-1) as string, MODE, { tolerate: [ENOENT], cause: notOurs });
}

const notOurs: Causes = {
  [EACCES]: "this part of the tree belongs to somebody else: see minidocker doctor",
  [EEXIST]: "another container has taken this cgroup at the same moment",
};

/**
 * v2: each cgroup on the way down hands on what the next one needs: `wanted` for limits, the rest to be counted. One
 * write is all or nothing, and it has to be: where processes are in the way, cpu and pids alone would be accepted,
 * and turn what is below into a place for threads only (cgroup-v2.rst, "Threads").
 */
export async function handOnControllers(ctx: Context, place: CgroupPlace, wanted: readonly string[]): Promise<void> {
  const counted = ["memory", "io", "cpu", "pids"].filter((it) => ctx.facts.cgroup.controllers.includes(it));
  const all = [...new Set([...counted, ...wanted])];
  if (all.length === 0) return;
  ctx.step("hand on the controllers");
  const { host } = ctx;
  const parent = place.parents.get(UNIFIED) as string;
  for (const level of [parent, ...place.levels(parent).slice(0, -1)]) {
    const fd = await host.openat(AT_FDCWD, `${level}/cgroup.subtree_control`, O_WRONLY | O_CLOEXEC, 0);
    const cause = notHandedOn(level, wanted);
    // refused here, and then missing one level below: without limits one can live with that
    await writeWord(host, fd, plus(all), { tolerate: [EBUSY, EINVAL, ENOENT], cause });
    if (wanted.length > 0) await writeWord(host, fd, plus(wanted), { cause });
    await host.close(fd);
  }
}

function plus(names: readonly string[]): string {
  return names.map((it) => `+${it}`).join(" ");
}

function notHandedOn(level: string, names: readonly string[]): Causes {
  const list = names.join(" and ");
  const occupied = `${level} holds processes, so it cannot hand on ${list}: move them to a cgroup below it`;
  return {
    [EBUSY]: occupied,
    [EOPNOTSUPP]: occupied,
    [ENOENT]: `${level} itself is no longer handed ${list}`,
    [EINVAL]: "a controller cannot be handed on, cpu for example because of real-time processes",
  };
}

/** v1: a new cpuset has no CPU and no memory node, and nothing can live in it; so each takes those of the one above. */
export async function fillCpuset(ctx: Context, place: CgroupPlace): Promise<void> {
  const parent = place.parents.get("cpuset");
  if (parent === undefined) return;
  ctx.step("give the cpuset its CPUs and memory nodes");
  const chain = [parent, ...place.levels(parent)];
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const found = [];
    for (const [i, level] of chain.entries())
      found.push(await readFile(ctx.host, `${level}/${file}`, i === 0 ? "0" : ""));
    let above = "";
    for (const [i, level] of chain.entries()) {
      const own = text(ctx.host, found[i] as Result);
      if (own === "") await writeFile(ctx.host, `${level}/${file}`, above);
      else above = own;
    }
  }
}

export async function setLimits(ctx: Context, folders: Folders, settings: readonly Setting[]): Promise<void> {
  if (settings.length === 0) return;
  ctx.step("set the limits");
  const optional: [Setting, Result][] = [];
  for (const setting of settings) {
    const folder = folders.get(setting.controller) ?? folders.get(UNIFIED);
    const opened = await writeFile(ctx.host, `${folder}/${setting.file}`, setting.value, {
      tolerate: setting.missing === undefined ? [] : [ENOENT],
      cause: refused(setting),
    });
    if (setting.missing !== undefined) optional.push([setting, opened]);
  }
  for (const [{ missing = "" }, opened] of optional) if (ctx.host.value(opened) === -ENOENT) ctx.notice(missing);
}

function refused({ limit, file, value }: Setting): Causes {
  const not = `${limit} cannot be set`;
  const impossible = `${not}: the kernel does not take ${JSON.stringify(value)} for ${file}`;
  return {
    [ENOENT]: `${not}: this kernel has no ${file}`,
    [EACCES]: `${not}: it asks for more than the cgroup above has, or ${file} is not yours`,
    [EINVAL]: impossible,
    [ERANGE]: impossible,
    [EBUSY]: `${not}: more is already in use`,
    [ENOSPC]: impossible,
  };
}

/** The init stage, and with it everything that the container will ever start. */
export async function join(ctx: Context, folders: Iterable<string>): Promise<void> {
  ctx.step("put the process into the cgroup");
  const cause = {
    [EACCES]:
      "moving a process needs the right to write to the nearest cgroup above both places: see minidocker doctor",
    [EBUSY]: "that cgroup has handed its controllers on, so it may hold no process itself",
    [EOPNOTSUPP]: "a cgroup above holds processes itself: move them to a cgroup of their own",
    [ENOSPC]: "that cpuset has no CPUs or no memory nodes",
  };
  for (const folder of new Set(folders))
    await writeFile(ctx.host, `${folder}/cgroup.procs`, String(ctx.pid), { cause });
}
