// Layer 5, capabilities: what root may do, and who the process is.
//
// Before:  uid 0 holds all of root's power: mount, load modules, set the clock, trace anybody.
// After:   it holds a few pieces of it, and no execve can bring the others back. With --user it is not uid 0 either.
// Not isolated by this: what the kept pieces allow, and what needs no capability at all.
//
// A process has five sets. What counts at a permission check is *effective*, which cannot exceed
// *permitted*. At execve a process with uid 0 gets everything in *bounding*: whoever clears only the first
// two has done nothing. capabilities(7)

import {
  capabilitiesIn,
  capabilityMask,
  capabilityNames,
  LINUX_CAPABILITY_VERSION_3,
  unnamedIn,
} from "../abi/capability.ts";
import { EINVAL, EPERM } from "../abi/errno.ts";
import {
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAP_AMBIENT_RAISE,
  PR_CAPBSET_DROP,
  PR_SET_KEEPCAPS,
} from "../abi/prctl.ts";
import { maySetGroups } from "../core/id-map.ts";
import type { Check, Context, Layer } from "../core/layer.ts";
import { type CapabilitySet, enabled, type Spec } from "../core/spec.ts";
import type { View } from "../core/view.ts";
import { Memory } from "../stage/call.ts";

export const capabilities: Layer = {
  name: "capabilities",
  summary: "a few of root's powers instead of all; the user and groups of the process",
  lesson: "capabilities",
  otherwise: "root in the container has all of root's powers",
  requires: [],
  async apply(ctx) {
    if (ctx.spec.process.capabilities === undefined) return;
    await bound(ctx);
    await becomeUser(ctx);
    await settle(ctx);
  },
  explain: () => ({ about, steps }),
  verify,
};

const wanted = (spec: Spec, set: CapabilitySet): bigint => capabilityMask(spec.process.capabilities?.[set] ?? []);

async function bound(ctx: Context): Promise<void> {
  ctx.step("shrink the bounding set");
  const keep = wanted(ctx.spec, "bounding");
  // all that the kernel has, not all that have a name here: execve as uid 0 would bring a newer one back
  for (let number = 0; number <= ctx.facts.lastCapability; number++) {
    if ((keep >> BigInt(number)) & 1n) continue;
    // EINVAL: the kernel does not have it after all
    await ctx.stage.prctl_PR_CAPBSET_DROP(PR_CAPBSET_DROP, number, { tolerate: [EINVAL] });
  }
}

async function becomeUser(ctx: Context): Promise<void> {
  const { uid, gid, additionalGids = [] } = ctx.spec.process.user;
  ctx.step("become the user");
  // leaving uid 0 empties the permitted set, unless this is said first; what is kept is settled in the next step
  if (uid !== 0) await ctx.stage.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
  // groups first: after setresuid there is no right left to change them
  if (maySetGroups(ctx.spec.linux, ctx.facts)) {
    const groups = {
      memory: new Memory(new Uint8Array(Uint32Array.from(additionalGids).buffer)),
      text: `[${additionalGids.join(", ")}]`,
    };
    await ctx.stage.setgroups(additionalGids.length, groups);
  } else if (additionalGids.length > 0) {
    ctx.notice(
      `supplementary groups ${additionalGids.join(", ")} are left out: without /etc/subgid the kernel forbids setgroups here`,
    );
  }
  await ctx.stage.setresgid(gid, gid, gid, { cause: unmapped("group", gid) });
  await ctx.stage.setresuid(uid, uid, uid, { cause: unmapped("user", uid) });
}

const unmapped = (what: string, id: number) => ({
  [EINVAL]: `${what} ${id} does not exist in this user namespace: add a range for yourself to /etc/sub${what === "user" ? "uid" : "gid"} and install newuidmap`,
  [EPERM]: `changing to ${what} ${id} needs CAP_SET${what === "user" ? "UID" : "GID"}`,
});

async function settle(ctx: Context): Promise<void> {
  const { spec, stage } = ctx;
  const ambient = wanted(spec, "ambient");
  const inheritable = wanted(spec, "inheritable");
  ctx.step("set permitted, effective and inheritable");
  const extra = loadsFilterWithPrivilege(spec) ? capabilityMask(["CAP_SYS_ADMIN"]) : 0n;
  await stage.capset(
    { version: LINUX_CAPABILITY_VERSION_3 },
    halves(wanted(spec, "effective") | extra, wanted(spec, "permitted") | extra, inheritable),
    { cause: { [EPERM]: "a capability was asked for that this process does not have itself" } },
  );
  ctx.step("set the ambient set");
  await stage.prctl_PR_CAP_AMBIENT(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (const number of capabilityNames.keys()) {
    if ((ambient >> BigInt(number)) & 1n)
      await stage.prctl_PR_CAP_AMBIENT_RAISE(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
  }
}

/**
 * Without no-new-privs only CAP_SYS_ADMIN may load a filter. It is then kept for the one call that comes between, and
 * execve takes it away: the bounding set no longer has it.
 */
function loadsFilterWithPrivilege(spec: Spec): boolean {
  return (
    spec.linux.seccomp !== undefined &&
    enabled(spec, "seccomp") &&
    !(spec.process.noNewPrivileges && enabled(spec, "no-new-privs"))
  );
}

function halves(effective: bigint, permitted: bigint, inheritable: bigint) {
  const low = (mask: bigint): number => Number(mask & 0xffff_ffffn);
  const high = (mask: bigint): number => Number(mask >> 32n);
  return {
    effective0: low(effective),
    permitted0: low(permitted),
    inheritable0: low(inheritable),
    effective1: high(effective),
    permitted1: high(permitted),
    inheritable1: high(inheritable),
  };
}

const about = `
Root's power is cut into 41 pieces. \`mount\` needs CAP_SYS_ADMIN, a port below 1024 CAP_NET_BIND_SERVICE, another user's files
CAP_DAC_OVERRIDE. A container keeps the fourteen that ordinary programs need to start a server as root and to manage
their own files, and loses those that reach the machine.

In a user namespace all of this counts only towards what that namespace owns: a full set there is still an ordinary user outside.`;

const steps: Readonly<Record<string, string>> = {
  "shrink the bounding set":
    "The bounding set is what any execve, by uid 0 or through file capabilities, can ever bring back. It can only shrink. It comes first, because shrinking it needs CAP_SETPCAP, which the process is about to lose.",
  "become the user":
    "Groups, then gid, then uid: after the change of uid there is no right left to change the others. The numbers were looked up in the *image's* passwd file; the kernel knows no names.",
  "set permitted, effective and inheritable":
    "One call sets three sets. It comes after the change of uid, which would have cleared the effective set anyhow.",
  "set the ambient set":
    "Ambient capabilities survive execve of an ordinary program by an ordinary user. Docker gives none, so that `--user` really means fewer powers.",
};

function verify(view: View): Check[] {
  const [bounding, permitted, effective, inheritable, ambient] = ["CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"].map(
    (it) => view.capabilities(it),
  ) as [bigint, bigint, bigint, bigint, bigint];
  const hex = (mask: bigint): string => mask.toString(16).padStart(16, "0");
  const all = view.host.capabilities("CapBnd");
  const check = (id: string, title: string, good: boolean, saw: string): Check => ({
    id: `capabilities.${id}`,
    title,
    verdict: good ? "yes" : "no",
    saw,
  });
  const powers = capabilitiesIn(effective);
  const unnamed = unnamedIn(bounding) === 0n ? "" : `, with some that have no name here: ${hex(unnamedIn(bounding))}`;
  return [
    check(
      "bounding",
      "execve cannot bring all of root's powers back",
      (bounding & all) !== all && unnamed === "",
      `CapBnd: ${hex(bounding)}${unnamed}`,
    ),
    check(
      "permitted",
      "nothing is permitted beyond the bounding set",
      (permitted & ~bounding) === 0n,
      `CapPrm: ${hex(permitted)}`,
    ),
    check(
      "effective",
      "no power over the machine (CAP_SYS_ADMIN, CAP_SYS_MODULE, CAP_SYS_PTRACE, …)",
      (effective & machine) === 0n && unnamedIn(effective) === 0n,
      `CapEff: ${hex(effective)}${powers.length > 0 && powers.length < 8 ? ` (${powers.join(" ")})` : ""}`,
    ),
    check(
      "inherited",
      "no inheritable or ambient capabilities",
      (inheritable | ambient) === 0n,
      `CapInh: ${hex(inheritable)}, CapAmb: ${hex(ambient)}`,
    ),
  ];
}

/** Each of these is enough to leave a container, or to stop the machine. */
const machine = capabilityMask([
  "CAP_SYS_ADMIN",
  "CAP_SYS_MODULE",
  "CAP_SYS_PTRACE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_BOOT",
  "CAP_SYS_TIME",
  "CAP_DAC_READ_SEARCH",
  "CAP_BPF",
  "CAP_MAC_ADMIN",
]);
