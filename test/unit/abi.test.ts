// Every constant and structure of src/abi against the system's C headers. The first line of each file there names them.

import { describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { capabilityNames } from "../../src/abi/capability.ts";
import { errnoName } from "../../src/abi/errno.ts";
import { Struct } from "../../src/abi/struct.ts";
import { compiler, evaluate, evaluateEach, preprocessedMacros } from "../harness/headers.ts";
import { skipUnless } from "../harness/skip.ts";

const folder = join(import.meta.dir, "../../src/abi");
const headerTest = skipUnless(compiler !== undefined, "needs a C compiler and Linux headers");

/** C expression → what src/abi says it is. */
type Claims = Map<string, bigint>;

/** Tables that hold names and numbers in another form than as exports. */
const listed: Readonly<Record<string, () => [string, number][]>> = {
  "capability.ts": () => capabilityNames.map((name, number) => [name, number]),
  "errno.ts": () => Array.from({ length: 133 }, (_, i): [string, number] => [errnoName(i + 1), i + 1]),
};

interface Spelling {
  /** What C calls it. */
  readonly type?: string;
  /** What C calls a field: for prefixes that our tables leave out. */
  field?(name: string): string;
  /** Only the beginning, or one member of a union: the size is not C's. */
  readonly part?: boolean;
}

/** By the name of the export, or of the structure. */
const spelling: Readonly<Record<string, Spelling>> = {
  timespec: { type: "struct __kernel_timespec" },
  rlimit64: { field: (name) => `rlim_${name}` },
  iovec: { field: (name) => `iov_${name}` },
  msghdr: { field: (name) => `msg_${name}` },
  termios: { field: (name) => `c_${name}` },
  winsize: { field: (name) => `ws_${name.replace("rows", "row").replace("columns", "col")}` },
  nlmsghdr: { field: (name) => `nlmsg_${name}` },
  linux_dirent64: { type: "struct dirent64", part: true },
  landlock_ruleset_attr: { part: true },
  perf_event_attr: { part: true },
  vfs_cap_data: {
    field: (name) => name.replace(/^(permitted|inheritable)(\d)$/, "data[$2].$1"),
  },
  bpf_attr: { type: "union bpf_attr", part: true },
  bpfProgQuery: { type: "union bpf_attr", part: true, field: (name) => `query.${name}` },
};

/** Constants whose C name is not the exported one. */
const constants: Readonly<Record<string, string>> = {
  LINUX_CAPABILITY_VERSION_3: "_LINUX_CAPABILITY_VERSION_3",
  X32_SYSCALL_BIT: "__X32_SYSCALL_BIT",
};

/** What the headers of Linux 6.1 do not have, and why. */
const absent: Readonly<Record<string, string>> = {
  MFD_EXEC: "came with Linux 6.3",
  LANDLOCK_ACCESS_FS_TRUNCATE: "came with Linux 6.2",
  LOOPBACK_INDEX: "the kernel's own include/net/net_namespace.h; programs see it as the index of lo",
  SUID_DUMP_DISABLE: "the kernel's own include/linux/sched/coredump.h",
  SUID_DUMP_USER: "the kernel's own include/linux/sched/coredump.h",
  SIGSET_SIZE: "ours: the size of the kernel's set of 64 signals, which no header shows",
  STATUS_SIZE: "ours: an int, to which wait4(2) gives no name",
  "sizeof(struct sigset)": "the kernel's sigset_t; the C library has a larger one",
  "offsetof(struct sigset, bits)": "the kernel's sigset_t; the C library has a larger one",
  "offsetof(struct __kernel_timex, reserved)": "bit fields without a name",
  "offsetof(struct perf_event_attr, bits)": "many bit fields, which have no offset",
  "offsetof(struct bpf_insn, regs)": "two bit fields, which have no offset",
};

/** `O_CLOEXEC`, as the kernel spells its constants. */
function isKernelName(name: string): boolean {
  return /^_*[A-Z][A-Z0-9_]+$/.test(name);
}

function claims(exports: Readonly<Record<string, unknown>>, file: string): Claims {
  const found: Claims = new Map();
  const add = (name: string, value: unknown): void => {
    const plain = typeof value === "number" || typeof value === "bigint";
    if (plain && isKernelName(name)) found.set(constants[name] ?? name, BigInt(value));
  };
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof Struct) for (const it of layout(name, value)) found.set(...it);
    else if (typeof value === "object" && value !== null) for (const it of Object.entries(value)) add(...it);
    else add(name, value);
  }
  for (const it of listed[file]?.() ?? []) add(...it);
  return found;
}

/** sizeof and offsetof. `NAME[2]` stands for two in a row, whose fields are numbered. */
function layout(exported: string, shape: Struct<Record<string, never>>): Claims {
  const [, name = "", twice] = /^(\w+)(\[2\])?$/.exec(shape.name) ?? [];
  const spelt = spelling[exported] ?? spelling[name] ?? {};
  const { type = `struct ${name}`, field = (it: string) => it } = spelt;
  const offset = (it: string): string => {
    if (twice === undefined) return `offsetof(${type}, ${field(it)})`;
    return `offsetof(${type}, ${it.slice(0, -1)}) + ${it.slice(-1)} * sizeof(${type})`;
  };
  const found: Claims = new Map();
  if (!spelt.part) found.set(`sizeof(${type}${twice ?? ""})`, BigInt(shape.size));
  for (const it of Object.keys(shape.fields)) found.set(offset(it), BigInt(shape.offsetOf(it)));
  return found;
}

const files = readdirSync(folder).flatMap((file) => {
  const [first = ""] = readFileSync(join(folder, file), "utf8").split("\n");
  const headers = [...first.matchAll(/<([^>]+)>/g)].map((it) => it[1] as string);
  return headers.length > 0 && file !== "syscalls.ts" ? [{ file, headers }] : [];
});

/** Further headers, the C library's for the most part, asked for what those in the first line do not have. */
const library = [
  "linux/close_range.h linux/netfilter.h linux/netfilter_ipv4.h asm/unistd.h dirent.h fcntl.h sys/ioctl.h sys/mman.h",
  "sys/mount.h sys/resource.h sys/signalfd.h sys/socket.h sys/stat.h sys/uio.h",
].flatMap((it) => it.split(" "));

const version = preprocessedMacros("linux/version.h").get("LINUX_VERSION_CODE");
const headersAreRecent = Number(version) >= 0x060100;

describe("src/abi says what the headers say", () => {
  for (const { file, headers } of files) {
    headerTest(`${file}: ${headers.map((it) => `<${it}>`).join(", ")}`, async () => {
      const ours = claims(await import(join(folder, file)), file);
      const kernel = evaluateEach(headers, [...ours.keys()]);
      const { values, unknown } = evaluateEach(library, [...kernel.unknown.keys()]);
      const theirs = new Map([...kernel.values, ...values]);
      const said = [...theirs].map(([name, value]) => [name, BigInt.asUintN(64, value)]);
      expect([...theirs.keys()].map((name) => [name, BigInt.asUintN(64, ours.get(name) ?? -1n)])).toEqual(said);
      for (const [name, complaint] of unknown)
        console.info(`${file}: ${name} not compared: ${absent[name] ?? complaint}`);
      const unexplained = [...unknown.keys()].filter((it) => absent[it] === undefined);
      if (headersAreRecent) expect(unexplained).toEqual([]);
    });
  }
});

headerTest("a wrong value would be noticed, and a name that no header has is not taken for one", () => {
  const { values, unknown } = evaluate(["linux/seccomp.h"], ["SECCOMP_RET_ALLOW", "SECCOMP_RET_NONSENSE"]);
  expect([...values]).toEqual([["SECCOMP_RET_ALLOW", 0x7fff0000n]]);
  expect([...unknown.keys()]).toEqual(["SECCOMP_RET_NONSENSE"]);
});
