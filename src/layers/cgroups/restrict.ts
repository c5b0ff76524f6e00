// Device rules in force: v1's list, or a program on v2's tree, which hybrid hosts have as well. Without
// them root in the container could make a node for the host's disk and write to it, so where neither can be
// had there is no container.

import { UNIFIED } from "../../abi/cgroup.ts";
import * as bpf from "../../abi/ebpf.ts";
import { EINVAL, ENOSYS, EPERM } from "../../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import type { Folders } from "../../core/cgroup-folders.ts";
import type { Context } from "../../core/layer.ts";
import { Refusal } from "../../core/refusal.ts";
import { type DeviceRule, namespaceOf } from "../../core/spec.ts";
import { Memory, type Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { deviceProgram, deviceWrites } from "./devices.ts";
import { readFile, text, writeWord } from "./files.ts";

export async function restrictDevices(ctx: Context, folders: Folders, rules: readonly DeviceRule[]): Promise<void> {
  // In a user namespace no device can be made, and the kernel lets no ordinary user load such a program.
  if (rules.length === 0 || ctx.facts.rootless) return;
  ctx.step("restrict devices");
  const list = folders.get("devices");
  if (list !== undefined) return writeList(ctx.host, list, rules);
  const unified = folders.get(UNIFIED);
  if (unified === undefined) return refuse(ctx, "there is neither v1's devices controller nor v2's tree here");
  const loaded = await attachProgram(ctx.host, unified, rules);
  const why = refusals[-ctx.host.value(loaded)];
  if (why !== undefined) return refuse(ctx, why);
}

async function writeList(host: Stage, folder: string, rules: readonly DeviceRule[]): Promise<void> {
  const writes = deviceWrites(rules);
  const files = new Map<string, Result>();
  for (const { file } of writes) {
    if (!files.has(file)) files.set(file, await host.openat(AT_FDCWD, `${folder}/${file}`, O_WRONLY | O_CLOEXEC, 0));
  }
  for (const { file, value } of writes) await writeWord(host, files.get(file) as Result, value, {});
  for (const fd of files.values()) await host.close(fd);
}

/** Why the kernel takes no program. */
const refusals: Readonly<Record<number, string>> = {
  [EPERM]: "loading a device program takes CAP_SYS_ADMIN (or CAP_BPF and CAP_NET_ADMIN) on the host",
  [EINVAL]: "this kernel has no device programs for cgroups (CONFIG_CGROUP_BPF)",
  [ENOSYS]: "this kernel has no bpf(2)",
};

/** The result of loading it; where that is one of `refusals`, nothing is attached. */
async function attachProgram(host: Stage, folder: string, rules: readonly DeviceRule[]): Promise<Result> {
  const program = deviceProgram(rules);
  const load = {
    prog_type: bpf.BPF_PROG_TYPE_CGROUP_DEVICE,
    insn_cnt: program.length,
    insns: new Memory(bpf.encode(program)),
    license: Memory.string("MIT"),
    expected_attach_type: bpf.BPF_CGROUP_DEVICE,
  };
  const fd = await host.bpf_PROG_LOAD(bpf.BPF_PROG_LOAD, load, bpf.bpfProgLoad.size, {
    tolerate: Object.keys(refusals).map(Number),
    assume: 3,
  });
  const cgroup = await host.openat(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  const attach = {
    target_fd: cgroup,
    attach_bpf_fd: fd,
    attach_type: bpf.BPF_CGROUP_DEVICE,
    attach_flags: bpf.BPF_F_ALLOW_MULTI,
  };
  await host.bpf_PROG_ATTACH(bpf.BPF_PROG_ATTACH, attach, bpf.bpfProgAttach.size);
  await host.close(cgroup);
  await host.close(fd); // the cgroup keeps the program until it is removed itself
  return fd;
}

/** user_namespaces(7): that of the machine itself. */
const EVERY_ID = /^0\s+0\s+4294967295$/;

/** A user namespace does as well as rules, be it the container's or the one that minidocker is in. */
async function refuse(ctx: Context, why: string): Promise<void> {
  if (namespaceOf(ctx.spec, "user") !== undefined) return;
  const map = await readFile(ctx.host, "/proc/self/uid_map", "0 0 4294967295");
  if (!EVERY_ID.test(text(ctx.host, map))) return;
  throw new Refusal(
    `cgroups: devices cannot be restricted, so root in the container could open the host's disks: ${why}; with --rootless no rules are needed, or leave the layer out with --layers=-cgroups`,
  );
}
