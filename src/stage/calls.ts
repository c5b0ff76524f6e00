// The system calls that minidocker makes, each with the kinds of its arguments. The names are the kernel's; where
// one call takes arguments of several shapes (ioctl, prctl, …) each shape has a row, named NAME_shape.

import * as capability from "../abi/capability.ts";
import * as ebpf from "../abi/ebpf.ts";
import * as fcntl from "../abi/fcntl.ts";
import { showFlags, showOneOf } from "../abi/flags.ts";
import * as keyctl from "../abi/keyctl.ts";
import * as landlock from "../abi/landlock.ts";
import * as mount from "../abi/mount.ts";
import * as netlink from "../abi/netlink.ts";
import * as prctl from "../abi/prctl.ts";
import * as resource from "../abi/resource.ts";
import { CLONE, cloneArgs } from "../abi/sched.ts";
import * as seccomp from "../abi/seccomp.ts";
import * as signal from "../abi/signal.ts";
import * as socket from "../abi/socket.ts";
import * as stat from "../abi/stat.ts";
import * as terminal from "../abi/termios.ts";
import { ITIMER_REAL, itimerval, timespec } from "../abi/time.ts";
import { WNOHANG } from "../abi/wait.ts";
import { attackCalls, attackVariants } from "./attack-calls.ts";
import {
  type Codec,
  fd,
  filename,
  flags,
  hex,
  input,
  int,
  memory,
  mode,
  oneOf,
  output,
  pointer,
  string,
  strings,
  struct,
} from "./codec.ts";
import {
  access,
  at,
  capabilityHeader,
  capabilityNumber,
  cloneFlags,
  descriptorFlags,
  deviceMode,
  deviceNumber,
  number32,
  open,
  openHow,
  showSignal,
  socketType,
  termios,
  winsize,
} from "./kinds.ts";

export const calls = {
  // files
  openat: [fd, string, open, mode],
  openat2: [fd, filename, openHow, int],
  close: [fd],
  close_range: [int, hex, flags({ CLOSE_RANGE_CLOEXEC: fcntl.CLOSE_RANGE_CLOEXEC })],
  read: [fd, output, int],
  write: [fd, input, int],
  pwrite64: [fd, input, int, int],
  readlinkat: [fd, string, output, int],
  getdents64: [fd, output, int],
  newfstatat: [fd, string, output, at],
  statx: [fd, string, at, flags(stat.STATX), output],
  mkdirat: [fd, string, mode],
  mknodat: [fd, string, deviceMode, deviceNumber],
  symlinkat: [string, fd, string],
  unlinkat: [fd, filename, at],
  renameat2: [fd, filename, fd, filename, flags(fcntl.RENAME)],
  fchownat: [fd, string, int, int, at],
  fchmodat: [fd, string, mode],
  fchmod: [fd, mode],
  setxattr: [string, string, input, int, int],
  chdir: [string],
  fchdir: [fd],
  chroot: [string],
  umask: [mode],
  dup3: [fd, int, descriptorFlags],
  faccessat2: [fd, string, access, at],
  fcntl: [fd, oneOf(fcntl.F), hex],
  fcntl_F_SETFD: [fd, oneOf(fcntl.F), flags({ FD_CLOEXEC: fcntl.FD_CLOEXEC })],
  fcntl_F_ADD_SEALS: [fd, oneOf(fcntl.F), flags(fcntl.F_SEAL)],
  flock: [fd, flags(fcntl.LOCK)],
  ftruncate: [fd, int],
  statfs: [string, output],
  fstatfs: [fd, output],
  pipe2: [output, descriptorFlags],
  memfd_create: [string, flags(fcntl.MFD)],
  sendfile: [fd, fd, pointer, int],
  // mounts
  mount: [string, string, string, flags(mount.MS), string],
  umount2: [string, flags(mount.MNT)],
  pivot_root: [string, string],
  open_tree: [fd, string, flags({ ...mount.OPEN_TREE, ...fcntl.AT })],
  move_mount: [fd, string, fd, string, flags(mount.MOVE_MOUNT)],
  mount_setattr: [
    fd,
    string,
    at,
    struct(mount.mountAttr, {
      attr_set: (value) => showFlags(mount.MOUNT_ATTR, value),
      attr_clr: (value) => showFlags(mount.MOUNT_ATTR, value),
      propagation: (value) => showFlags(mount.MS, value),
    }),
    int,
  ],
  fsopen: [string, int],
  fsconfig: [fd, oneOf(mount.FSCONFIG), string, string, int],
  fsmount: [fd, int, flags(mount.MOUNT_ATTR)],
  // namespaces and processes
  clone3: [struct(cloneArgs, { flags: (value) => showFlags(CLONE, value), exit_signal: showSignal }), int, fd],
  // the older one: its flags are an argument that a filter can judge; the low byte is the signal that its end sends
  clone: [cloneFlags, int, fd],
  unshare: [flags(CLONE)],
  setns: [fd, flags(CLONE)],
  execve: [string, strings, strings],
  execveat: [fd, string, strings, strings, at],
  wait4: [int, output, flags({ WNOHANG }), pointer],
  kill: [int, oneOf(signal.SIG)],
  nanosleep: [struct(timespec), pointer],
  setitimer: [oneOf({ ITIMER_REAL }), struct(itimerval), pointer],
  pidfd_open: [int, int],
  pidfd_send_signal: [fd, oneOf(signal.SIG), pointer, int],
  getpid: [],
  setsid: [],
  setpgid: [int, int],
  sethostname: [string, int],
  setdomainname: [string, int],
  rt_sigprocmask: [oneOf(signal.SIG_HOW), struct(signal.sigset, { bits: signal.showSigset }), pointer, int],
  signalfd4: [fd, struct(signal.sigset, { bits: signal.showSigset }), int, flags({ SFD_CLOEXEC: signal.SFD_CLOEXEC })],
  prlimit64: [
    int,
    oneOf(resource.RLIMIT),
    struct(resource.rlimit, { cur: resource.showLimit, max: resource.showLimit }),
    pointer,
  ],
  setpriority: [oneOf(resource.PRIO), int, int],
  // credentials
  setgroups: [int, memory],
  setresgid: [int, int, int],
  setresuid: [int, int, int],
  capset: [capabilityHeader, struct(capability.userCapData, capability.showCapData)],
  keyctl: [oneOf(keyctl.KEYCTL), string],
  prctl: [oneOf(prctl.PR), int, int, int, int],
  prctl_PR_SET_DUMPABLE: [oneOf(prctl.PR), oneOf(prctl.SUID_DUMP), int, int, int],
  prctl_PR_SET_PDEATHSIG: [oneOf(prctl.PR), oneOf(signal.SIG), int, int, int],
  prctl_PR_CAPBSET_DROP: [oneOf(prctl.PR), capabilityNumber],
  prctl_PR_CAP_AMBIENT: [oneOf(prctl.PR), oneOf(prctl.PR_CAP_AMBIENT_ACTIONS), int, int, int],
  prctl_PR_CAP_AMBIENT_RAISE: [oneOf(prctl.PR), oneOf(prctl.PR_CAP_AMBIENT_ACTIONS), capabilityNumber, int, int],
  seccomp: [oneOf(seccomp.SECCOMP_OPERATION), flags(seccomp.SECCOMP_FILTER_FLAG), memory],
  landlock_create_ruleset: [
    struct(landlock.landlockRulesetAttr, {
      handled_access_fs: (value) => showFlags(landlock.LANDLOCK_ACCESS_FS, value),
    }),
    int,
    int,
  ],
  // the version of the interface, which is asked for with a null pointer
  landlock_create_ruleset_VERSION: [string, int, flags(landlock.LANDLOCK_CREATE_RULESET)],
  landlock_add_rule: [
    fd,
    oneOf(landlock.LANDLOCK_RULE),
    struct(landlock.landlockPathBeneathAttr, {
      allowed_access: (value) => showFlags(landlock.LANDLOCK_ACCESS_FS, value),
    }),
    int,
  ],
  landlock_restrict_self: [fd, int],
  bpf_PROG_LOAD: [
    oneOf(ebpf.BPF_CMD),
    struct(ebpf.bpfProgLoad, {
      prog_type: (value) => showOneOf(ebpf.BPF_PROG_TYPE, value),
      expected_attach_type: (value) => showOneOf(ebpf.BPF_ATTACH_TYPE, value),
    }),
    int,
  ],
  bpf_PROG_ATTACH: [
    oneOf(ebpf.BPF_CMD),
    struct(ebpf.bpfProgAttach, {
      attach_type: (value) => showOneOf(ebpf.BPF_ATTACH_TYPE, value),
      attach_flags: (value) => showFlags(ebpf.BPF_F, value),
    }),
    int,
  ],
  // sockets
  socket: [oneOf(socket.AF), socketType, int],
  socket_AF_NETLINK: [oneOf(socket.AF), socketType, oneOf(netlink.NETLINK)],
  socketpair: [oneOf(socket.AF), socketType, int, output],
  bind: [fd, memory, int],
  listen: [fd, int],
  connect: [fd, memory, int],
  setsockopt_SOL_SOCKET: [
    fd,
    oneOf({ SOL_SOCKET: socket.SOL_SOCKET }),
    oneOf({ SO_REUSEADDR: socket.SO_REUSEADDR }),
    number32,
    int,
  ],
  setsockopt_SOL_NETLINK: [
    fd,
    oneOf({ SOL_NETLINK: netlink.SOL_NETLINK }),
    oneOf({ NETLINK_EXT_ACK: netlink.NETLINK_EXT_ACK }),
    number32,
    int,
  ],
  sendto: [fd, memory, int, int, pointer, int],
  recvfrom: [fd, output, int, flags(socket.MSG), pointer, pointer],
  sendmsg: [fd, memory, int],
  recvmsg: [fd, memory, int],
  // terminals
  ioctl: [fd, oneOf(terminal.IOCTL), int],
  ioctl_get: [fd, oneOf(terminal.IOCTL), output],
  ioctl_TCSETS: [fd, oneOf(terminal.IOCTL), termios],
  ioctl_TIOCSWINSZ: [fd, oneOf(terminal.IOCTL), winsize],
  ioctl_TIOCSPTLCK: [fd, oneOf(terminal.IOCTL), number32],
  ioctl_TIOCGPTPEER: [fd, oneOf(terminal.IOCTL), open],
  ...attackCalls,
  // what the stage adds
  supervise: [memory],
} as const satisfies Readonly<Record<string, readonly Codec<never>[]>>;

export type CallName = keyof typeof calls;

/** The TypeScript arguments of a call, from its row. */
export type Arguments<N extends CallName> = Values<(typeof calls)[N]>;

type Values<Row extends readonly unknown[]> = {
  -readonly [I in keyof Row]: Row[I] extends Codec<infer T> ? T : never;
};

/** The kernel's name of a row: `ioctl_get` is ioctl. */
export function kernelName(row: string): string {
  return variants.get(row) ?? row;
}

const variants = new Map<string, string>([
  ...attackVariants,
  ["ioctl_get", "ioctl"],
  ["ioctl_TCSETS", "ioctl"],
  ["ioctl_TIOCSWINSZ", "ioctl"],
  ["ioctl_TIOCSPTLCK", "ioctl"],
  ["ioctl_TIOCGPTPEER", "ioctl"],
  ["fcntl_F_SETFD", "fcntl"],
  ["fcntl_F_ADD_SEALS", "fcntl"],
  ["prctl_PR_SET_DUMPABLE", "prctl"],
  ["prctl_PR_SET_PDEATHSIG", "prctl"],
  ["prctl_PR_CAPBSET_DROP", "prctl"],
  ["prctl_PR_CAP_AMBIENT", "prctl"],
  ["prctl_PR_CAP_AMBIENT_RAISE", "prctl"],
  ["landlock_create_ruleset_VERSION", "landlock_create_ruleset"],
  ["socket_AF_NETLINK", "socket"],
  ["setsockopt_SOL_SOCKET", "setsockopt"],
  ["setsockopt_SOL_NETLINK", "setsockopt"],
  ["bpf_PROG_LOAD", "bpf"],
  ["bpf_PROG_ATTACH", "bpf"],
]);
