// Layer 7, seccomp: which system calls the kernel answers at all.
//
// Before:  the process can ask the kernel for anything, some 370 calls; what happens depends on privileges alone.
// After:   a filter looks at every call before the kernel does. What the profile does not allow fails with EPERM, and
//          the code behind it, with its bugs, is out of reach. Children inherit the filter, and nobody can take it off.
// Not isolated by this: what the allowed calls do. A filter sees numbers, not what pointers point to, so it can tell
//          open(2) from mount(2), but not one file from another.
//
// seccomp(2), Documentation/userspace-api/seccomp_filter.rst. The files: groups.ts and profile.ts say what is allowed
// and why, compile.ts and arguments.ts make BPF of it (src/abi/bpf.ts), disassemble.ts makes it readable, read.ts takes
// a user's own profile, words.ts knows the specification's names.

import { code, decode, sockFilter } from "../../abi/bpf.ts";
import { EACCES, EINVAL } from "../../abi/errno.ts";
import { SECCOMP_SET_MODE_FILTER, sockFprog } from "../../abi/seccomp.ts";
import type { Check, Explanation, Layer } from "../../core/layer.ts";
import type { Seccomp, Spec } from "../../core/spec.ts";
import type { View } from "../../core/view.ts";
import { Memory } from "../../stage/call.ts";
import { compile } from "./compile.ts";
import { allowed, privileged, refused } from "./groups.ts";
import { words } from "./profile.ts";
import { flagBits } from "./words.ts";

export const seccomp: Layer = {
  name: "seccomp",
  summary: "the kernel answers only the system calls of a profile",
  lesson: "seccomp",
  otherwise: "the kernel answers whatever the container asks it",
  requires: [
    {
      name: "no-new-privs",
      otherwise:
        "the filter is loaded by the power of CAP_SYS_ADMIN, which the process has until it becomes the program",
    },
  ],
  async apply(ctx) {
    const profile = ctx.spec.linux.seccomp;
    if (profile === undefined) return;
    ctx.step("load the filter");
    const program = compile(profile, ctx.stage.session.arch);
    const flags = flagBits(profile.flags ?? [], (part) => `linux.seccomp.${part}`);
    // The last call but execve, in the same frame: the filter may forbid the stage to receive another one.
    await ctx.stage.seccomp(SECCOMP_SET_MODE_FILTER, flags, pointTo(program), { hold: true, cause });
  },
  explain,
  verify,
};

const cause = {
  [EACCES]:
    "the kernel takes a filter only from a process that has set no-new-privs or has CAP_SYS_ADMIN: leave the layer no-new-privs on, or seccomp out (--layers=-seccomp)",
  [EINVAL]: "the kernel refuses the program or a flag: is it built with CONFIG_SECCOMP_FILTER?",
};

/** What seccomp(2) takes: the length, and a pointer to the instructions. */
function pointTo(program: Uint8Array): { memory: Memory; text: string } {
  const len = program.length / sockFilter.size;
  const memory = Memory.struct(sockFprog, { len, filter: new Memory(program) });
  return { memory, text: `{len=${len}, filter=[…]}` };
}

function explain(spec: Spec): Explanation {
  const profile = spec.linux.seccomp;
  return {
    about: `
Every other layer decides what a process may *reach*: which files, which processes, which network. All of them trust the
kernel to keep to that, and the kernel is millions of lines of C behind some 370 system calls, of which most programs need
fewer than a hundred. A bug behind any one of them can undo all layers at once.

A seccomp filter stands in front. It is a small program (classic BPF: load a word, compare, jump forward, return) that
the kernel runs at the entry of every system call. It is given the architecture, the call's number and its six
arguments, and answers: let it through, fail with this errno, or kill. A refused call never reaches the code it was meant
for, so bugs there do not matter.

**What it cannot see.** Arguments that are pointers are just numbers to it. So it cannot judge \`openat\` by the file's name,
and not \`clone3\` at all, whose flags are in memory; the profile answers that one with ENOSYS ("there is no such call"), and C
libraries then use \`clone\`, whose flags are an argument. And it looks at numbers, which mean something only together
with the architecture: any 64-bit x86 program can make a 32-bit call with \`int 0x80\`, and there keyctl is 288,
not 250. So a filter asks for the architecture before anything else; ours refuses all 32-bit calls. (One of them,
\`socketcall\`, would open by a pointer what the filter of \`socket\` closes.)

**Not isolated by this:** whatever the allowed calls do. And the profile widens with each capability that a container is
given: with CAP_SYS_ADMIN it lets \`mount\` through, as somebody asked for that.

The default profile allows calls for ${allowed.map((it) => it.purpose).join("; ")}. It refuses without a capability,
which the kernel would mostly ask for as well:

${privileged.map((it) => `- ${it.capability}: ${names(it.calls)}. ${it.why}`).join("\n")}

It refuses to everybody:

${refused.map((it) => `- ${it.purpose}: ${names(it.calls)}. ${it.why}`).join("\n")}

${describe(profile)}`,
    steps: {
      "load the filter": `
\`seccomp(SECCOMP_SET_MODE_FILTER)\` copies the program into the kernel, which checks it: only known instructions, only
forward jumps, a return at every end. From the next call on it is in force, for this process and for all it will ever start;
\`execve\` keeps it, and further filters can only be added.

It is the very last act before \`execve\`, for the filter judges the stage as well. Loaded any earlier, it would forbid
the set-up: no \`mount\`, no \`pivot_root\`, no \`sethostname\`. Perhaps not even the next order could be received: so
both calls travel in one frame.

The kernel takes a filter from an unprivileged process only after it has given up new privileges. Otherwise one
could start a setuid program under a filter that makes its \`setuid\` calls "succeed" without doing anything, and it would go on
as root believing that it had stopped being root.`,
    },
  };
}

function describe(profile: Seccomp | undefined): string {
  if (profile === undefined) return "This container has no profile, so nothing is loaded.";
  const arch = profile.architectures?.includes("SCMP_ARCH_AARCH64") ? "aarch64" : "x86_64";
  const listing = decode(compile(profile, arch));
  const comparisons = listing.filter((it) => it.code !== code.give && it.code !== code.load).length;
  return `The profile becomes ${listing.length} instructions here, ${comparisons} of them comparisons. They search by halving, as one
looks a word up in a dictionary, so a call meets about ten. And since Linux 5.11 the kernel finds out while it loads a filter
which calls are allowed whatever their arguments: for those it does not run the filter any more.
\`minidocker explain seccomp --filter\` prints the default one.`;
}

function names(calls: string): string {
  return words(calls)
    .map((it) => `\`${it}\``)
    .join(" ");
}

/** Judged by /proc/PID/status, which does not show the filter itself. */
function verify(view: View): Check[] {
  const mode = view.status("Seccomp");
  const filters = view.status("Seccomp_filters"); // since Linux 5.9
  const { host } = view;
  const count = filters === undefined ? "" : `, Seccomp_filters: ${filters}`;
  const inherited =
    host.status("Seccomp") === FILTER
      ? ` (the process that asks: ${host.status("Seccomp_filters") ?? "filtered, too"})`
      : "";
  const loaded = isLoaded(view);
  return [
    {
      id: "seccomp.filter",
      title: "system calls are filtered",
      verdict: loaded,
      saw:
        mode === undefined
          ? "no line Seccomp in /proc/PID/status: not built into this kernel"
          : `Seccomp: ${mode}${count}${inherited}`,
    },
    {
      id: "seccomp.profile",
      title: "the filter is the profile's",
      verdict: loaded === "no" ? "no" : "unknown",
      saw:
        loaded === "no"
          ? "there is no filter"
          : "the kernel shows a filter to privileged tracers only (PTRACE_SECCOMP_GET_FILTER): try a forbidden call inside",
    },
  ];
}

/** SECCOMP_MODE_FILTER, as /proc/PID/status shows it. */
const FILTER = "2";

// Filters are inherited: one that the asking process has, too, is not the container's.
function isLoaded(view: View): Check["verdict"] {
  const mode = view.status("Seccomp");
  if (mode === undefined) return "unknown";
  if (mode !== FILTER) return "no";
  if (view.host.status("Seccomp") !== FILTER) return "yes";
  const count = view.status("Seccomp_filters");
  if (count === undefined) return "unknown";
  return Number(count) > Number(view.host.status("Seccomp_filters")) ? "yes" : "no";
}
