// What the layer does and why, for people who watch it.

import type { Explanation } from "../../core/layer.ts";
import { extension, type Spec } from "../../core/spec.ts";
import { stepOf } from "./mounts.ts";
import { parseOptions } from "./options.ts";

export function explain(spec: Spec): Explanation {
  const mounts = spec.mounts.map(
    (it) => [stepOf(it), whyMount(it.type ?? "", stepOf(it), parseOptions(it).bind)] as const,
  );
  return { about: about(spec), steps: { ...steps, ...Object.fromEntries(mounts) } };
}

function about(spec: Spec): string {
  const { lower = [] } = extension(spec, "overlay") ?? {};
  const count = lower.length > 1 ? `${lower.length} folders` : "a folder";
  return `
A mount namespace of its own is only a *copy* of the host's list of mounts: every file is still there. This layer replaces
what the list says.

**The image is not copied.** An overlay shows several folders as one: here ${count} of the image, which are only ever read, and on
top an empty one, \`upper\`, that belongs to this container. To read a file means to take it from the topmost folder that
has it. The first write to a file of the image copies it up first; removing one leaves a mark in \`upper\`, a device node with the
number 0:0 (a *whiteout*), and the file below stays. So a hundred containers share one image, and each starts in
the time that one call of \`mount\` takes.

**/proc, /sys and /dev are made anew**, since each shows what belongs to whoever mounts it: the processes of a pid namespace, the
network devices of a network namespace, the terminals of one devpts instance. Much in them is about the machine all the same. That is
mounted read-only, or covered with nothing.

**The host's tree is taken away, not hidden.** \`chroot\` only changes where a path begins; who has a descriptor from outside, or
CAP_SYS_CHROOT, walks out of it. \`pivot_root\` exchanges the mount at the very root, and the old one is unmounted: there is no path to
it, because there is nothing for a path to lead to.

**What it does not isolate.** The kernel behind /proc and /sys is one for all. The writable layer shares its disk with the host. A
volume is the host's own folder. And a process with CAP_SYS_ADMIN could mount and unmount again at will, so all of this leans on the
capabilities layer, which comes later because it takes away what is needed here.`;
}

function whyMount(type: string, step: string, bind: boolean): string {
  if (bind)
    return "A folder or file of the host is mounted a second time, here. The mount is made detached, belonging to no tree; read-only is set on it, with everything mounted below; only then is it put in place, so at no moment can it be written to. The place is found with `openat2(RESOLVE_IN_ROOT)`: whatever links the image has put in the way, it lies inside the container. The mount goes onto the descriptor, so nobody can exchange the place in between.";
  if (step === "mount /dev")
    return "An empty file system in memory takes the place of whatever the image has at `/dev`. The host's `/dev` holds every disk of the machine; this one holds what is made in it next.";
  return whyType.get(type === "cgroup2" ? "cgroup" : type) ?? "A file system that the configuration asks for.";
}

const whyType: ReadonlyMap<string, string> = new Map([
  [
    "proc",
    "proc shows the processes of the pid namespace *of whoever mounts it*. That is why it happens here, in the container's first process, and not earlier outside: the host's `/proc` would show the host's processes, whatever namespace the reader is in. The place must be a real folder of the image. A symbolic link there has been used to make runtimes write elsewhere (CVE-2019-19921), so it is refused.",
  ],
  [
    "sysfs",
    "sysfs shows devices and drivers, and the network devices of a network namespace. It belongs to the machine: it is read-only.",
  ],
  [
    "devpts",
    "Terminals. Each instance of devpts counts from 0, so the container's `/dev/pts/0` is not the host's, and `-t` opens its terminal here.",
  ],
  ["mqueue", "POSIX message queues: those of the container's IPC namespace, as files."],
  [
    "cgroup",
    "Programs read their own limits here: Java, Go and others size themselves by them. Bound read-only, and only the container's own cgroup: no limit can be raised from inside, and no other container is visible.",
  ],
  [
    "tmpfs",
    "A file system in memory, empty at first and gone at the end. What is in it counts as the container's memory.",
  ],
]);

const steps: Readonly<Record<string, string>> = {
  "make the container's own layer":
    "Three folders on the host: `upper` takes the container's changes, `work` is for overlayfs to prepare them in, so that each appears in one go, and `merged` is where the result is mounted. They are there as long as the container is, and are written down first, so that whoever finds the container half made knows what to remove.",
  "write hosts, hostname and resolv.conf":
    "The name of this container and its name servers cannot be in an image that many containers share. They are small files of the host, which will be mounted over the image's.",
  "open volumes that stay connected":
    "A volume with `slave` or `shared` goes on receiving mounts from the host. It is opened now, as a mount that is nowhere, because the next step cuts all connections.",
  "make all mounts private":
    "First of all. Most systems mark `/` as *shared*: what is mounted in one namespace then appears in all that were copied from it. Without this call, the container's `/proc` would be mounted over the host's, too. `MS_REC`, because each mount is marked by itself.",
  "open volumes":
    "While the process still sees the host's tree, and nothing of the image, the sources of volumes are opened as mounts that are nowhere yet. What their names mean cannot be influenced by the image later.",
  "lay the layers over each other":
    "One call and the image is a root file system that can be written to. `lowerdir` lists the image's folders, topmost first. With `redirect_dir=nofollow` and `metacopy=off`, marks that an image may bring along cannot lead overlayfs to other files. In a user namespace `userxattr` lets it keep its own marks where ordinary users may set them.",
  "bind the root file system":
    "Without layers, the root is a folder as it is. `pivot_root` insists on a mount, so the folder is mounted on itself.",
  "make the device nodes":
    "A device node is only a pair of numbers, but whoever opens one talks to the driver. So there are just these: sources of zeros, of random bytes, of nothing. In a user namespace no nodes can be made, by nobody, so the host's nodes for the same harmless devices are mounted one by one.",
  "link stdin, stdout, stderr and ptmx":
    "`/dev/stdout` and its like are links into `/proc/self`, which is a different folder for each process that looks. `ptmx` leads to the container's own devpts: the host's would open a terminal of the host.",
  "mount hosts, hostname and resolv.conf":
    "Each file is mounted over the image's; if that is a symbolic link, over the link itself, wherever it leads. The image stays as it is, and the network layer can add names later by writing to the file outside.",
  "make the working directory":
    "As with Docker, it is made where the image does not have it. Step by step, each folder from the descriptor of the one above.",
  "set kernel parameters of its namespaces":
    "Some settings exist once for each namespace, and those may differ here. It has to happen now: in the next step `/proc/sys` becomes read-only. Settings of which there is only one for the machine were refused at the start.",
  "make kernel settings read-only":
    "Files below `/proc/sys` configure the kernel for everybody: a program named in `core_pattern` is run by the kernel, as root, on the host. The folder is mounted on itself, read-only. Making it so in place would change the whole of `/proc`.",
  "look at what is to be masked":
    "Which of these paths exist differs between kernels, and files are covered in another way than folders. The descriptors tell; they are used in the next step, so that what was looked at is what is covered. Everything else that must be right before the container is entered is looked at here as well.",
  "mask files and folders":
    "`/proc/kcore` is the machine's memory; `/proc/timer_list`, `/proc/keys` and their like tell about processes of others. A file is covered with `/dev/null`, after a look that it is the null device and not something the image has put there (CVE-2025-31133); a folder with an empty file system.",
  "pivot into the new root":
    "The mount at the root of the namespace is exchanged. With `.` for both arguments the old root ends up on top of the new one, in the same place, so no folder is needed to hold it: pivot_root(2) describes the trick. It needs CAP_SYS_ADMIN, which is why capabilities are dropped later.",
  "let go of the host's file tree":
    "`MNT_DETACH` unmounts the old root with all that is mounted below it, at once. From now on no path leads to the host's files; that is the difference to `chroot`.",
  "make the root read-only":
    "`--read-only`, at the very end, since until now there were folders and files to be made in it. `/dev`, `/dev/shm` and volumes are mounts of their own and stay as they are.",
  "let mounts of the root spread":
    "The configuration asks for it: what is mounted in the container may be seen in namespaces that are copied from it.",
  "close the way back":
    "The last descriptors of folders are closed. One of a folder of the host would be a way out (CVE-2024-21626); these are of the container's own, and are not needed any more.",
  "borrow a mount namespace":
    "Without a mount namespace, whatever is mounted would be mounted on the host. So the root is mounted in another namespace, which exists only until the process has gone back to the host's with a descriptor of that root.",
  "go back to the host's mounts":
    "The borrowed namespace ends here, and its table with it. The mount of the root lives on, because a descriptor still holds it: it is in no table of mounts at all.",
  "enter the root by chroot":
    "`/` is the container's root from here on. That is a change of where paths begin, and no wall: with CAP_SYS_CHROOT, a second chroot and `..` lead out again, into the host's tree.",
};
