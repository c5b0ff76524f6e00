// Is the layer in force? Judged from the process's mount table and the names of the kernel's files below its root, so any
// process can be judged. None of its files is opened: they may be anything.

import { defaultMaskedPaths } from "../../core/default-mounts.ts";
import type { Check } from "../../core/layer.ts";
import type { MountEntry, View } from "../../core/view.ts";

type Answer = Pick<Check, "verdict" | "saw">;

interface Row {
  readonly id: string;
  readonly title: string;
  /** For a process with a mount namespace of its own. Any other one has the host's mounts. */
  readonly judge: (mounts: readonly MountEntry[], view: View) => Answer;
}

const rows: readonly Row[] = [
  { id: "root", title: "its root is a mount of its own, and not the host's", judge: root },
  { id: "host-tree", title: "the host's root folder is mounted nowhere in it", judge: hostTree },
  { id: "layers", title: "its files are layers, with one of its own on top", judge: layers },
  { id: "propagation", title: "what is mounted in it does not appear on the host", judge: propagation },
  { id: "changes", title: "what it writes does not change the image", judge: changes },
  { id: "dev", title: "/dev is a file system of its own, and the host's is mounted nowhere in it", judge: dev },
  { id: "sys", title: "/sys is mounted read-only", judge: (mounts) => readOnly(mounts, "/sys", "/sys") },
  {
    id: "settings",
    title: "/proc/sys is mounted read-only",
    judge: (mounts) => readOnly(mounts, "/proc/sys", "/proc"),
  },
  { id: "masks", title: "what /proc and /sys tell of the machine is masked", judge: masks },
];

export function verify(view: View): Check[] {
  const own = view.ownNamespace("mnt", view.host);
  return rows.map(({ id, title, judge }) => ({ id: `overlay.${id}`, title, ...answer(view, own, judge) }));
}

function answer(view: View, own: boolean | undefined, judge: Row["judge"]): Answer {
  if (own === undefined) return { verdict: "unknown", saw: "its namespaces cannot be seen" };
  const { mounts } = view;
  if (own) return judge(mounts, view);
  const root = at(mounts, "/");
  const same = root !== undefined && root.id === at(view.host.mounts, "/")?.id;
  return { verdict: "no", saw: same ? "the host's root and mounts" : "a chroot in the host's mount namespace" };
}

/** Of several mounts in one place the last one counts. */
function at(mounts: readonly MountEntry[], point: string): MountEntry | undefined {
  return mounts.findLast((it) => it.point === point);
}

const show = ({ point, type, source, root, options }: MountEntry): string =>
  `${point}: ${type} ${source}${root === "/" ? "" : ` [${root}]`} (${options.join(",")})`;

const yes = (saw: string): Answer => ({ verdict: "yes", saw });
const no = (saw: string): Answer => ({ verdict: "no", saw });

/** A new mount namespace has a copy of the host's root; so has one that is half built. */
function isHostsRoot(it: MountEntry, host: View): boolean {
  const hosts = at(host.mounts, "/");
  return it.source === hosts?.source && it.root === hosts.root && `${it.superOptions}` === `${hosts.superOptions}`;
}

function root(mounts: readonly MountEntry[], { host }: View): Answer {
  const mine = at(mounts, "/");
  if (mine === undefined) return no("a chroot: its root is no mount");
  return isHostsRoot(mine, host) ? no(`the host's root: ${show(mine)}`) : yes(show(mine));
}

function hostTree(mounts: readonly MountEntry[], { host }: View): Answer {
  const found = mounts.find((it) => isHostsRoot(it, host));
  return found === undefined ? yes(`${mounts.length} mounts, and it is none of them`) : no(show(found));
}

function propagation(mounts: readonly MountEntry[]): Answer {
  const shared = mounts.find((it) => it.propagation.some((word) => word.startsWith("shared:")));
  return shared === undefined ? yes("no mount is shared") : no(`shared: ${show(shared)}`);
}

function layers(mounts: readonly MountEntry[]): Answer {
  const mine = at(mounts, "/");
  if (mine === undefined) return no("a chroot: its root is no mount");
  const upper = mine.type === "overlay" && mine.superOptions.some((it) => it.startsWith("upperdir="));
  return upper ? yes(show(mine)) : no(show(mine));
}

function changes(mounts: readonly MountEntry[]): Answer {
  const mine = at(mounts, "/");
  return mine?.options.includes("ro") ? yes(show(mine)) : layers(mounts);
}

function dev(mounts: readonly MountEntry[], { host }: View): Answer {
  // a devtmpfs is the same one everywhere; a host that is a container itself has a tmpfs there
  const theirs = at(host.mounts, "/dev")?.device;
  const found = mounts.find((it) => (it.type === "devtmpfs" || it.device === theirs) && it.root === "/");
  if (found !== undefined) return no(show(found));
  const mine = at(mounts, "/dev");
  if (mine === undefined) return no("nothing is mounted at /dev");
  return mine.type === "tmpfs" ? yes(show(mine)) : no(show(mine));
}

function readOnly(mounts: readonly MountEntry[], point: string, top: string): Answer {
  if (at(mounts, top) === undefined) return no(`nothing is mounted at ${top}`);
  const mine = at(mounts, point);
  if (mine === undefined) return no(`as writable as ${top}`);
  return mine.options.includes("ro") ? yes(show(mine)) : no(show(mine));
}

function masks(mounts: readonly MountEntry[], view: View): Answer {
  if (at(mounts, "/proc") === undefined) return no("nothing is masked: there is no /proc");
  const [covered, open] = [new Set<string>(), new Set<string>()];
  for (const path of defaultMaskedPaths()) {
    const mount = view.mountOf(path);
    // another part of /proc or /sys, or the same one again, hides nothing
    const own = mount?.point === path && mount.type !== "proc" && mount.type !== "sysfs";
    if (own) covered.add(path);
    else if (mount?.point === path || view.has(path)) open.add(path);
  }
  if (open.size > 0) return no(`not masked: ${[...open].join(", ")}`);
  const top = view.mountOf("/proc");
  if (top?.type !== "proc" || top.root !== "/") {
    return { verdict: "unknown", saw: `something else in the place of /proc: ${top === undefined ? "?" : show(top)}` };
  }
  return covered.size === 0 ? no("nothing is masked") : yes([...covered].join(", "));
}
