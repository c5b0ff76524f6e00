// System calls that no layer makes: they are what an attacker would try, and the probes (src/probes) try them.

import * as ebpf from "../abi/ebpf.ts";
import * as fanotify from "../abi/fanotify.ts";
import * as fcntl from "../abi/fcntl.ts";
import { showFlags, showOneOf } from "../abi/flags.ts";
import * as ipc from "../abi/ipc.ts";
import { KCMP } from "../abi/kcmp.ts";
import * as keyctl from "../abi/keyctl.ts";
import { MAP, PROT } from "../abi/mman.ts";
import * as perf from "../abi/perf.ts";
import { PERSONALITY } from "../abi/personality.ts";
import { PTRACE } from "../abi/ptrace.ts";
import { RUSAGE } from "../abi/rusage.ts";
import { SIOC } from "../abi/sockios.ts";
import { timespec } from "../abi/time.ts";
import * as timex from "../abi/timex.ts";
import { UFFD } from "../abi/userfaultfd.ts";
import { type Codec, fd, flags, hex, input, int, memory, mode, oneOf, output, string, struct } from "./codec.ts";

const keyring = oneOf(keyctl.KEY_SPEC);

export const attackCalls = {
  // other processes
  getpgid: [int],
  ptrace: [oneOf(PTRACE), int, int, int],
  process_vm_readv: [int, memory, int, memory, int, int],
  kcmp: [int, int, oneOf(KCMP), int, int],
  pidfd_getfd: [fd, int, int],
  getrusage: [oneOf(RUSAGE), output],
  // what they share
  shmget: [int, int, mode],
  shmat: [int, int, int],
  shmctl: [int, oneOf(ipc.IPC), output],
  uname: [output],
  // files
  getcwd: [output, int],
  open_by_handle_at: [fd, input, flags(fcntl.O)],
  swapon: [string, int],
  quotactl: [hex, string, int, int],
  acct: [string],
  fanotify_init: [flags(fanotify.FAN), flags(fcntl.O)],
  // the machine
  settimeofday: [int, int],
  clock_settime: [oneOf(timex.CLOCK), struct(timespec)],
  adjtimex: [struct(timex.timex, { modes: (value) => showFlags(timex.ADJ, value) })],
  reboot: [hex, hex, int, int],
  syslog: [int, string, int],
  delete_module: [string, flags(fcntl.O)],
  iopl: [int],
  perf_event_open: [
    struct(perf.perfEventAttr, { type: (value) => showOneOf(perf.PERF_TYPE, value) }),
    int,
    int,
    int,
    int,
  ],
  bpf_PROG_GET_NEXT_ID: [oneOf(ebpf.BPF_CMD), struct(ebpf.bpfNextId), int],
  // memory
  mmap: [int, int, flags(PROT), flags(MAP), int, int],
  move_pages: [int, int, int, int, int, int],
  get_mempolicy: [int, int, int, int, int],
  userfaultfd: [flags({ ...UFFD, O_CLOEXEC: fcntl.O_CLOEXEC })],
  // what the kernel need not be asked
  clone3_NULL: [int, int],
  io_uring_setup: [int, output],
  personality: [flags(PERSONALITY)],
  keyctl_GET_KEYRING_ID: [oneOf(keyctl.KEYCTL), keyring, int],
  add_key: [string, string, input, int, keyring],
  // links by name
  ioctl_ifreq: [fd, oneOf(SIOC), memory],
} as const satisfies Readonly<Record<string, readonly Codec<never>[]>>;

/** Row → the kernel's name, where they differ. */
export const attackVariants = [
  ["bpf_PROG_GET_NEXT_ID", "bpf"],
  ["clone3_NULL", "clone3"],
  ["keyctl_GET_KEYRING_ID", "keyctl"],
  ["ioctl_ifreq", "ioctl"],
] as const;
