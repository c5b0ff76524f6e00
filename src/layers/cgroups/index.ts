// Layer 2, cgroups: how much the process may use.
//
// Before:  the process is counted with whoever started it, and may use all of the machine.
// After:   it is in a group of its own; memory, CPU time, processes and devices of the group are limited, can be read,
//          and the whole group can be stopped or killed with one write.
// Not isolated by this: what the process sees (free(1), top(1) still tell of the whole machine), and what it may do.
//
//   v2   <parent>/minidocker/<path>                  limits, eBPF for devices, kill, freeze, events
//   v1   <controller>/minidocker/<path> × n          limits, devices.allow; and, where the host has it beside them,
//        <unified>/minidocker/<path>                 v2's tree without controllers: kill, freeze, events
//
// cgroups(7), cgroup_namespaces(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/

import { UNIFIED } from "../../abi/cgroup.ts";
import { ENOENT, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { CLONE_NEWCGROUP } from "../../abi/sched.ts";
import { CgroupPlace, MADE } from "../../core/cgroup-folders.ts";
import type { CgroupFacts } from "../../core/facts.ts";
import type { Context, Layer } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { Slot } from "../../core/slot.ts";
import { namespaceOf } from "../../core/spec.ts";
import { explain } from "./explain.ts";
import { checkResources, type Setting } from "./limits.ts";
import { fillCpuset, handOnControllers, join, makeFolders, setLimits } from "./make.ts";
import { removeCgroup } from "./remove.ts";
import { restrictDevices } from "./restrict.ts";
import { settingsV1 } from "./v1.ts";
import { settingsV2 } from "./v2.ts";
import { verify } from "./verify.ts";

/**
 * The folders of a cgroup that exists and is to be joined as it is, by `exec` for example. Nothing is made then, and
 * nothing has to be taken back.
 */
export const JOIN = new Slot<Iterable<string>>("a cgroup to join", "the engine");

export const cgroups: Layer = {
  name: "cgroups",
  summary: "limits: memory, CPU time, processes, devices; and one handle to stop or kill them all",
  lesson: "memory",
  otherwise: "the container is counted with whoever started it, without limits and device rules of its own",
  requires: [
    {
      name: "namespaces.cgroup",
      otherwise: "/proc/self/cgroup shows the path on the host",
    },
  ],
  async apply(ctx) {
    const existing = JOIN.find(ctx);
    if (existing !== undefined) await join(ctx, existing);
    else if (ctx.spec.linux.cgroupsPath !== undefined) await make(ctx, ctx.spec.linux.cgroupsPath);
    await enterNamespace(ctx);
  },
  // the process stays in the cgroup of whoever started it, but does not need to know its path
  without: enterNamespace,
  explain,
  verify,
  undo: (host, intent) => removeCgroup(host, intent),
};

/** v1: the trees in which a container is in any case: what counts it, stops it, or keeps it from devices. */
const always = [UNIFIED, "memory", "cpu", "cpuacct", "pids", "freezer", "devices"];

async function make(ctx: Context, path: string): Promise<void> {
  const { resources = {} } = ctx.spec.linux;
  const facts = ctx.facts.cgroup;
  checkResources(resources);
  const settings = facts.version === "v1" ? settingsV1(resources) : settingsV2(resources);
  refuseImpossible(ctx, settings);
  const devices = resources.devices ?? [];
  if (facts.version === "none") return restrictDevices(ctx, new Map(), devices);
  const place = CgroupPlace.of(facts, path, new Set([...always, ...controllersOf(settings)]));
  await makeFolders(ctx, place);
  if (facts.version === "v1") await fillCpuset(ctx, place);
  else await handOnControllers(ctx, place, controllersOf(settings));
  await setLimits(ctx, place.folders, settings);
  await restrictDevices(ctx, place.folders, devices);
  await join(ctx, place.folders.values());
  MADE.leave(ctx, place);
}

function controllersOf(settings: readonly Setting[]): string[] {
  return [...new Set(settings.map((it) => it.controller))].filter((it) => it !== "cgroup");
}

/** A limit that was asked for is set, or the container is not made. */
function refuseImpossible(ctx: Context, settings: readonly Setting[]): void {
  const facts = ctx.facts.cgroup;
  const offered = new Set([...facts.controllers, "cgroup"]);
  const impossible = settings.find((it) => !offered.has(it.controller));
  if (impossible === undefined) return;
  const { limit, controller } = impossible;
  const why = facts.problem ?? lacking(facts, controller, ctx.facts.rootless);
  throw new Refusal(`cgroups: ${limit} cannot be set: ${why}; or leave it out`);
}

function lacking({ parents, controllers }: CgroupFacts, controller: string, rootless: boolean): string {
  const where = `${parents[UNIFIED] ?? "this host"} has no ${controller} controller (it has: ${controllers.join(" ")})`;
  const remedy = rootless
    ? `let root delegate it with systemctl edit user@.service: [Service] Delegate=cpu cpuset io memory pids`
    : `it may be switched off on the kernel's command line (cgroup_disable=${controller})`;
  return `${where}: ${remedy}`;
}

async function enterNamespace(ctx: Context): Promise<void> {
  const wanted = namespaceOf(ctx.spec, "cgroup");
  if (wanted === undefined) return;
  const cause = { [EPERM]: "this needs CAP_SYS_ADMIN in the process's user namespace" };
  if (wanted.path === undefined) {
    ctx.step("a cgroup namespace of its own");
    await ctx.stage.unshare(CLONE_NEWCGROUP, { cause });
    return;
  }
  ctx.step("join a cgroup namespace");
  const gone = { [ENOENT]: "the process whose cgroup namespace was to be joined has ended" };
  const fd = await ctx.stage.openat(AT_FDCWD, wanted.path, O_RDONLY | O_CLOEXEC, 0, { cause: gone });
  await ctx.stage.setns(fd, CLONE_NEWCGROUP, { cause });
  await ctx.stage.close(fd);
}
