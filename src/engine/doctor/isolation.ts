// Namespaces, user namespaces, overlay, seccomp, cgroups: each tried.

import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { sockFilter } from "../../abi/bpf.ts";
import { EEXIST, ENODEV, errnoName } from "../../abi/errno.ts";
import { AT_FDCWD, AT_REMOVEDIR } from "../../abi/fcntl.ts";
import { MS_PRIVATE, MS_REC } from "../../abi/mount.ts";
import { PR_SET_NO_NEW_PRIVS } from "../../abi/prctl.ts";
import * as sched from "../../abi/sched.ts";
import { SECCOMP_SET_MODE_FILTER, sockFprog } from "../../abi/seccomp.ts";
import type { Facts } from "../../core/facts.ts";
import { compile } from "../../layers/seccomp/compile.ts";
import { Memory } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";
import { removeFolder } from "../../state/files.ts";
import type { Finding } from "./finding.ts";
import type { Failure, Trials } from "./trials.ts";

const said = ({ callName, errno }: Failure): string => `${callName} = ${errnoName(errno)}`;

const needed = {
  mount: sched.CLONE_NEWNS,
  pid: sched.CLONE_NEWPID,
  uts: sched.CLONE_NEWUTS,
  ipc: sched.CLONE_NEWIPC,
  network: sched.CLONE_NEWNET,
};
const welcome = { cgroup: sched.CLONE_NEWCGROUP, time: sched.CLONE_NEWTIME };

export async function tryNamespaces(trials: Trials, facts: Facts): Promise<Finding[]> {
  const findings = [await tryUserNamespace(trials, facts)];
  for (const [name, flag] of Object.entries({ ...needed, ...welcome })) {
    const failure = await trials.inside(flag);
    const base = { id: `namespaces.${name}`, title: `${name} namespace` };
    if (failure === undefined) findings.push({ ...base, verdict: "yes", saw: "made one" });
    else if (Object.hasOwn(welcome, name)) {
      findings.push({
        ...base,
        verdict: "limited",
        saw: said(failure),
        remedy: `containers share the host's: this kernel was built without (CONFIG_${name === "time" ? "TIME_NS" : "CGROUPS"})`,
      });
    } else findings.push({ ...base, verdict: "no", saw: said(failure), remedy: namespaceRemedy(facts) });
  }
  return findings;
}

function namespaceRemedy({ rootless }: Facts): string {
  if (rootless) return "see user namespace: an ordinary user needs one for all the others";
  return "root lacks CAP_SYS_ADMIN here: inside another container, start that one with --privileged, or run minidocker as an ordinary user";
}

/** Mounting in it shows whether its root is one: with AppArmor's restriction making it succeeds, and nothing is allowed in it. */
async function tryUserNamespace(trials: Trials, { rootless }: Facts): Promise<Finding> {
  const failure = await trials.inside(sched.CLONE_NEWUSER | sched.CLONE_NEWNS, (stage) => mountTmpfs(stage, "/proc"));
  const base = { id: "namespaces.user", title: "user namespace (rootless containers)" };
  if (failure === undefined) return { ...base, verdict: "yes", saw: "made one, and mounted in it" };
  const { saw, remedy } = whyNoUserNamespace(said(failure));
  return { ...base, verdict: rootless ? "no" : "limited", saw, remedy };
}

/** The switches that distributions have for it: user_namespaces(7) and their own documents. */
function whyNoUserNamespace(saw: string): { saw: string; remedy: string } {
  const switches = [
    { name: "user.max_user_namespaces", off: "0", remedy: "sysctl -w user.max_user_namespaces=15000" },
    { name: "kernel.unprivileged_userns_clone", off: "0", remedy: "sysctl -w kernel.unprivileged_userns_clone=1" },
    {
      name: "kernel.apparmor_restrict_unprivileged_userns",
      off: "1",
      remedy:
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bun that allows userns",
    },
  ];
  const found = switches.find(({ name, off }) => readSysctl(name) === off);
  if (found === undefined)
    return {
      saw,
      remedy: "run as root, or on a kernel with CONFIG_USER_NS; in another container its own limits may be the cause",
    };
  return { saw: `${saw}; ${found.name} is ${found.off}`, remedy: `as root: ${found.remedy}` };
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
  } catch {
    return undefined;
  }
}

async function mountTmpfs(stage: Stage, path: string): Promise<void> {
  // before anything else, or the mount would show up on the host
  await stage.mount(null, "/", null, MS_REC | MS_PRIVATE, null);
  await stage.mount("tmpfs", path, "tmpfs", 0, null);
}

/** On the file system that containers will be on, for not every one can hold the writable layer. `folder` exists. */
export async function tryOverlay(trials: Trials, { rootless }: Facts, folder: string): Promise<Finding> {
  const base = { id: "overlay", title: "overlay file system" };
  const place = mkdtempSync(`${folder}/.minidocker-doctor-`);
  try {
    for (const it of ["lower", "upper", "work", "merged"]) mkdirSync(`${place}/${it}`);
    const options = `lowerdir=${place}/lower,upperdir=${place}/upper,workdir=${place}/work${rootless ? ",userxattr" : ""}`;
    const failure = await trials.inside(sched.CLONE_NEWNS, async (stage) => {
      await stage.mount(null, "/", null, MS_REC | MS_PRIVATE, null);
      await stage.mount("overlay", `${place}/merged`, "overlay", 0, options);
      await stage.mkdirat(AT_FDCWD, `${place}/merged/file`, 0o755);
    });
    if (failure === undefined) return { ...base, verdict: "yes", saw: `mounted one, written to in ${folder}` };
    const remedy =
      failure.errno === ENODEV
        ? "modprobe overlay, as root"
        : "put minidocker's data on another file system: MINIDOCKER_DATA=/path (overlayfs and NFS cannot hold the writable layer)";
    return { ...base, verdict: "no", saw: `${said(failure)} in ${folder}`, remedy };
  } finally {
    removeFolder(place);
  }
}

export async function trySeccomp(trials: Trials): Promise<Finding> {
  const base = { id: "seccomp", title: "seccomp filters" };
  const failure = await trials.inside(0, async (stage) => {
    const program = compile({ defaultAction: "SCMP_ACT_ALLOW" }, stage.session.arch);
    const memory = Memory.struct(sockFprog, { len: program.length / sockFilter.size, filter: new Memory(program) });
    await stage.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    await stage.seccomp(SECCOMP_SET_MODE_FILTER, 0, { memory, text: "…" });
  });
  if (failure === undefined) return { ...base, verdict: "yes", saw: "loaded one that allows everything" };
  return {
    ...base,
    verdict: "no",
    saw: said(failure),
    remedy: "this kernel lacks CONFIG_SECCOMP_FILTER; --layers=-seccomp runs without this protection",
  };
}

const wanted = ["memory", "cpu", "pids"];

/** Makes a cgroup where containers' will be, and removes it at once. */
export async function tryCgroups(trials: Trials, { cgroup, uid }: Facts): Promise<Finding> {
  const base = { id: "cgroups", title: `control groups${cgroup.version === "none" ? "" : ` (${cgroup.version})`}` };
  const noLimits = "containers run without limits of memory, CPU and processes";
  if (cgroup.version === "none") {
    const saw =
      uid === 0 ? "no containers but with --rootless or --layers=-cgroups: nothing restricts devices" : noLimits;
    return { ...base, verdict: "limited", saw, remedy: cgroup.problem ?? "" };
  }
  const folders = [...new Set(Object.values(cgroup.parents))].map(
    (it) => `${it}/minidocker-doctor-${uid}-${process.pid}`,
  );
  const failure = await trials.outside(async (host) => {
    for (const it of folders) {
      await host.mkdirat(AT_FDCWD, it, 0o755, { tolerate: [EEXIST] });
      await host.unlinkat(AT_FDCWD, it, AT_REMOVEDIR);
    }
  });
  if (failure !== undefined) {
    const remedy =
      uid === 0 ? "mount the cgroup file systems writable" : "systemd-run --user --scope -p Delegate=yes minidocker …";
    return { ...base, verdict: "limited", saw: `${said(failure)}: ${noLimits}`, remedy };
  }
  const missing = wanted.filter((it) => !cgroup.controllers.includes(it));
  if (missing.length === 0 && cgroup.problem === undefined)
    return { ...base, verdict: "yes", saw: `made one; controllers: ${cgroup.controllers.join(", ")}` };
  const saw = missing.length === 0 ? noLimits : `no limits of ${missing.join(", ")}: these controllers are not there`;
  const remedy =
    cgroup.problem ??
    "have them handed on to this part of the tree: systemd's Delegate=yes, or boot with cgroup_enable=memory";
  return { ...base, verdict: "limited", saw, remedy };
}
