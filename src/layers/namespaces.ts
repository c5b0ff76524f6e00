// Layer 1, namespaces: what the process can see.
//
// Before:  the process shares every view with the host: its pids, its mounts, its hostname, its network.
// After:   it has views of its own. Nothing was hidden: the kernel keeps a list of processes, mounts, links, … for
//          each namespace, and answers every system call from the list that the caller belongs to.
// Not isolated by this: how much of the machine it uses (cgroups), which files it finds (a new mount namespace starts
//          as a copy of the old one), what it may do in a namespace it is root in (capabilities, seccomp).
//
// namespaces(7), user_namespaces(7), pid_namespaces(7), time_namespaces(7)

import { EINVAL, ENOENT, EPERM } from "../abi/errno.ts";
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../abi/fcntl.ts";
import { PR_SET_DUMPABLE, SUID_DUMP_DISABLE } from "../abi/prctl.ts";
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from "../abi/sched.ts";
import { writeMaps } from "../core/id-map.ts";
import type { Check, Context, Layer } from "../core/layer.ts";
import { Refusal } from "../core/refusal.ts";
import { type NamespaceType, namespaceOf, ownsNamespace, type Spec } from "../core/spec.ts";
import type { View } from "../core/view.ts";

interface Row {
  readonly type: NamespaceType;
  readonly flag: number;
  /** Its file in /proc/PID/ns. */
  readonly file: string;
  /** When it is made: with the clone, by the init stage afterwards, or by a later layer. */
  readonly made: "clone" | "unshare" | "later";
  readonly shows: string;
}

/** In the order of making: the user namespace owns the others, so it comes first. */
const table: readonly Row[] = [
  { type: "user", flag: CLONE_NEWUSER, file: "user", made: "clone", shows: "users, groups and capabilities" },
  // unshare(2) would leave the process itself where it is: pid_namespaces(7), time_namespaces(7)
  { type: "pid", flag: CLONE_NEWPID, file: "pid", made: "clone", shows: "processes" },
  { type: "time", flag: CLONE_NEWTIME, file: "time", made: "clone", shows: "monotonic and boot clocks" },
  { type: "mount", flag: CLONE_NEWNS, file: "mnt", made: "unshare", shows: "mounts" },
  { type: "uts", flag: CLONE_NEWUTS, file: "uts", made: "unshare", shows: "hostname" },
  { type: "ipc", flag: CLONE_NEWIPC, file: "ipc", made: "unshare", shows: "System V IPC and POSIX message queues" },
  {
    type: "network",
    flag: CLONE_NEWNET,
    file: "net",
    made: "unshare",
    shows: "links, addresses, ports and abstract sockets",
  },
  // joined after the process is in its cgroup, whose path becomes the root of what it sees: the cgroups layer does it
  { type: "cgroup", flag: CLONE_NEWCGROUP, file: "cgroup", made: "later", shows: "cgroup paths" },
];

export const namespaces: Layer = {
  name: "namespaces",
  summary: "views of its own: processes, mounts, hostname, IPC, network, users, clocks",
  lesson: "uts",
  otherwise: "the container sees the host's processes, mounts, hostname and network",
  parts: {
    uts: "the hostname is the host's",
    time: "the clocks that count from the start of the machine are the host's",
  },
  requires: [],
  apply: make,
  // The process has to exist in any case; without namespaces it is an ordinary child with the host's views.
  without: (ctx) => {
    ctx.step("clone the init stage");
    return ctx.cloneInit(0);
  },
  explain: () => ({ about, steps }),
  verify,
};

async function make(ctx: Context): Promise<void> {
  const { spec } = ctx;
  refuseJoins(spec);
  ctx.step("clone the init stage");
  await ctx.cloneInit(bornInto(spec));
  if (namespaceOf(spec, "user") !== undefined) await mapIds(ctx);
  if (!ctx.facts.rootless) {
    ctx.step("close the stage to other processes");
    // a process that joins while the container is half built must not find the host's descriptors (CVE-2016-9962)
    await ctx.stage.prctl_PR_SET_DUMPABLE(PR_SET_DUMPABLE, SUID_DUMP_DISABLE, 0, 0, 0);
  }
  for (const { type, flag, made, file } of table) {
    const wanted = namespaceOf(spec, type);
    if (wanted === undefined || made !== "unshare") continue;
    if (wanted.path === undefined) {
      ctx.step(`its own ${type} namespace`);
      await ctx.stage.unshare(flag, { cause: causes });
    } else {
      ctx.step(`join a ${type} namespace`);
      const fd = await ctx.stage.openat(AT_FDCWD, wanted.path, O_RDONLY | O_CLOEXEC, 0, { cause: gone(file) });
      await ctx.stage.setns(fd, flag, { cause: causes });
      await ctx.stage.close(fd);
    }
  }
  await nameHost(ctx);
}

/**
 * These a process is born into. To join them, the host stage would have to do so first: for pid and
 * time setns(2) moves only the children, and from a user namespace there is no way back.
 */
function refuseJoins({ linux }: Spec): void {
  const born = table.filter(({ made }) => made === "clone").map(({ type }) => type);
  const at = linux.namespaces.findIndex(({ type, path }) => path !== undefined && born.includes(type));
  if (at < 0) return;
  const what = `a ${linux.namespaces[at]?.type} namespace cannot be joined, only made`;
  throw new Refusal(`linux.namespaces[${at}].path: ${what}: leave out the path, or the namespace`);
}

function bornInto(spec: Spec): number {
  const rows = table.filter(({ type, made }) => made === "clone" && namespaceOf(spec, type) !== undefined);
  return rows.reduce((flags, { flag }) => flags | flag, 0);
}

async function mapIds(ctx: Context): Promise<void> {
  ctx.step("map user and group ids");
  await writeMaps(ctx.host, ctx.pid, ctx.spec.linux, ctx.facts);
  ctx.step("become root inside");
  await ctx.stage.setresgid(0, 0, 0);
  await ctx.stage.setresuid(0, 0, 0);
}

async function nameHost(ctx: Context): Promise<void> {
  const { hostname, domainname } = ctx.spec;
  // in a joined namespace, or the host's, the name belongs to somebody else
  if (!ownsNamespace(ctx.spec, "uts")) return;
  if (hostname === undefined && domainname === undefined) return;
  ctx.step("set the hostname");
  if (hostname !== undefined) await ctx.stage.sethostname(hostname, Buffer.byteLength(hostname));
  if (domainname !== undefined) await ctx.stage.setdomainname(domainname, Buffer.byteLength(domainname));
}

const causes = {
  [EPERM]: "this needs CAP_SYS_ADMIN in the user namespace that owns it: run as root, or rootless with --rootless",
  [EINVAL]: "this kernel was built without that namespace: see minidocker doctor",
};

const gone = (file: string) => ({ [ENOENT]: `the process whose ${file} namespace was to be joined has ended` });

const about = `
Every process belongs to one namespace of each type. What it asks of the kernel is answered from there: *which processes are
there?* from its pid namespace, *what is mounted?* from its mount namespace. A new namespace starts empty (pid, ipc, network) or as
a copy of the old one (mount, uts), and from then on the two go separate ways.

A namespace is a view and not a wall. Root inside can do to its own views what root may do; it needs the other layers to
keep it from what has no namespace: the clock, kernel modules, devices, memory.`;

const steps: Readonly<Record<string, string>> = {
  "clone the init stage":
    "The process that will be the container is born. It must be *born* into its pid namespace, because a process keeps its pid for life: `unshare(CLONE_NEWPID)` would only affect its children. It is number 1 there, so it has to reap orphans, and a signal for which it has no handler does nothing, unless it is a SIGKILL or SIGSTOP from outside.",
  "map user and group ids":
    "In a new user namespace nobody is anybody: every id shows as 65534. The map says which host id stands behind which id inside, and it is written once. A process may map itself, alone, to one id; a longer map takes CAP_SETUID and CAP_SETGID outside, so it is written from there.",
  "become root inside":
    "Now that id 0 has a meaning, the process takes it. It is root over everything that this user namespace owns, and an ordinary user to the rest of the machine.",
  "close the stage to other processes":
    "The half-built container still holds descriptors of the host. With `PR_SET_DUMPABLE` at 0, no other process may trace it or look through its `/proc` entries. `execve` resets it.",
  "set the hostname": "Only the new UTS namespace sees this name. The host keeps its own.",
  ...Object.fromEntries(
    table
      .filter(({ made }) => made === "unshare")
      .flatMap(({ type, shows }) => [
        [`its own ${type} namespace`, `From this call on, the process has its own ${shows}.`],
        [
          `join a ${type} namespace`,
          `Instead of a new namespace, one that exists is entered, and its members share ${shows}.`,
        ],
      ]),
  ),
};

function verify(view: View): Check[] {
  const host = view.host;
  return table.map(({ type, file, shows }) => {
    const own = view.ownNamespace(file, host);
    const inode = view.namespace(file);
    return {
      id: `namespaces.${type}`,
      title: `${type} namespace of its own (${shows})`,
      verdict: own === undefined ? "unknown" : own ? "yes" : "no",
      saw:
        inode === undefined ? `/proc/PID/ns/${file} cannot be read` : `${file}:[${inode}]${own ? "" : ", the host's"}`,
    };
  });
}
