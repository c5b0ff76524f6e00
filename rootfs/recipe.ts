// What is in `base`, the root file system that is always there, and why. src/images/base.ts follows this recipe;
// nothing is downloaded. The programs come from this machine: busybox where there is one, otherwise the machine's own
// tools (tools.ts) with the libraries that they need.

/** Counts up whenever something below, or how it is put together, changes: then the next run builds a new one. */
export const recipeVersion = 1;

interface Folder {
  readonly path: string;
  /** Only where it is not 0755. */
  readonly mode?: number;
  readonly why: string;
}

export const folders: readonly Folder[] = [
  { path: "dev", why: "mount point: device nodes" },
  { path: "proc", why: "mount point: processes" },
  { path: "sys", why: "mount point: devices and kernel settings" },
  { path: "etc", why: "what programs look up: users, hosts, settings" },
  { path: "usr/bin", why: "all programs; the classical places lead here" },
  { path: "usr/lib", why: "libraries" },
  { path: "usr/lib64", why: "where the ELF interpreter of x86_64 is looked for" },
  { path: "usr/local/bin", why: "first in the search path: what the user of the container adds" },
  { path: "root", mode: 0o700, why: "home of root" },
  { path: "home/user", why: "home of the ordinary user" },
  { path: "tmp", mode: 0o1777, why: "anyone may make files, and remove only their own" },
  { path: "run", why: "state of running services" },
  { path: "var/tmp", mode: 0o1777, why: "as /tmp, for longer" },
  { path: "var/log", why: "where services expect to write" },
  { path: "mnt", why: "a place for volumes" },
  { path: "srv", why: "a place for what a server serves" },
];

interface Link {
  readonly path: string;
  readonly to: string;
  readonly why: string;
}

export const links: readonly Link[] = [
  { path: "bin", to: "usr/bin", why: "as on current distributions; #!/bin/sh works" },
  { path: "sbin", to: "usr/bin", why: "whether a program is for the administrator is decided by its privileges" },
  { path: "usr/sbin", to: "bin", why: "the same" },
  { path: "lib", to: "usr/lib", why: "ELF interpreters are named by this path" },
  { path: "lib64", to: "usr/lib64", why: "the same, on x86_64" },
  { path: "var/run", to: "../run", why: "the older name" },
  { path: "etc/mtab", to: "../proc/self/mounts", why: "mount(8) and df(1) of old look here" },
];

interface TextFile {
  readonly path: string;
  readonly mode?: number;
  readonly why: string;
  readonly text: string;
}

export const files: readonly TextFile[] = [
  {
    path: "etc/passwd",
    why: "root, an ordinary user to try `--user` with, and the one who owns nothing",
    text: `root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:an ordinary user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
`,
  },
  {
    path: "etc/group",
    why: "their groups; tty owns the terminals (devpts is mounted with gid=5)",
    text: `root:x:0:
tty:x:5:
users:x:100:user
user:x:1000:
nogroup:x:65534:
`,
  },
  {
    path: "etc/shadow",
    mode: 0o600,
    why: "nobody can log in with a password: there is none",
    text: "root:*:::::::\nuser:*:::::::\nnobody:*:::::::\n",
  },
  {
    path: "etc/hosts",
    why: "covered by the container's own; this one counts where nothing is mounted",
    text: "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
  },
  { path: "etc/hostname", why: "mount point for the container's own", text: "" },
  { path: "etc/resolv.conf", why: "mount point for the container's own", text: "" },
  {
    path: "etc/nsswitch.conf",
    why: "the C library looks up users in files, hosts in files and then DNS",
    text: "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n",
  },
  {
    path: "etc/services",
    why: "names of ports, for netstat and nc",
    text: "echo\t7/tcp\nssh\t22/tcp\ndomain\t53/tcp\ndomain\t53/udp\nhttp\t80/tcp\nhttps\t443/tcp\n",
  },
  {
    path: "etc/protocols",
    why: "names of protocols, for ping",
    text: "ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\n",
  },
  { path: "etc/shells", why: "su and chsh accept these", text: "/bin/sh\n/bin/bash\n" },
  {
    path: "etc/profile",
    why: "a login shell says where it is",
    text: `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ "$(id -u)" = 0 ]; then PS1="$(hostname):\\$PWD # "; else PS1="$(hostname):\\$PWD $ "; fi
`,
  },
  {
    path: "etc/os-release",
    why: "os-release(5): programs show it, scripts tell distributions apart by it",
    text: 'NAME="minidocker base"\nPRETTY_NAME="minidocker base"\nID=minidocker\nVERSION_ID=1\n',
  },
];

/** How a container of `base` is started, apart from the usual search path. */
export const config = {
  Cmd: ["sh"],
  WorkingDir: "/",
} as const;
