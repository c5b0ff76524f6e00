// What lessons may ask of a host, by name. Where only trying tells whether it is there, it is tried, as the doctor does.

import { mayWrite } from "../core/cgroup-facts.ts";
import type { CgroupFacts, Facts } from "../core/facts.ts";
import { findFacts } from "../core/find-facts.ts";
import { nearest } from "../core/nearest.ts";
import type { Finding } from "../engine/doctor/finding.ts";
import { dataPlace, lookAtSystem } from "../engine/doctor/ground.ts";
import { tryNamespaces, tryOverlay, trySeccomp } from "../engine/doctor/isolation.ts";
import { tryNetwork } from "../engine/doctor/network.ts";
import { lookAtRootless } from "../engine/doctor/rootless.ts";
import { Trials } from "../engine/doctor/trials.ts";
import { findProgram } from "../images/machine.ts";
import { locatePaths } from "../state/paths.ts";

export interface HostRequirement {
  /** As a lesson's head has it. What is in capitals stands for a word: `program:NAME`. */
  readonly name: string;
  /** What it is; a phrase. */
  readonly what: string;
  /** Undefined where it is there; else what is missing, and how to get it. `word` is what stands for the capitals. */
  test(host: Host, word: string): Promise<string | undefined> | string | undefined;
}

export const requirements: readonly HostRequirement[] = [
  { name: "root", what: "to be root, with all of root's rights", test: ({ facts }) => needRoot(facts) },
  {
    name: "userns",
    what: "user namespaces that an ordinary user may make",
    test: (host) => host.found("namespaces.user"),
  },
  { name: "users", what: "containers with several users: root, or newuidmap", test: ({ facts }) => needUsers(facts) },
  { name: "namespaces.cgroup", what: "cgroup namespaces", test: (host) => host.found("namespaces.cgroup") },
  { name: "namespaces.time", what: "time namespaces (CONFIG_TIME_NS)", test: (host) => host.found("namespaces.time") },
  { name: "overlay", what: "overlayfs, writable where containers are", test: (host) => host.found("overlay") },
  { name: "seccomp", what: "seccomp filters", test: (host) => host.found("seccomp") },
  { name: "bridge", what: "bridges and pairs of links", test: needBridge },
  { name: "nat", what: "address translation by nf_tables", test: (host) => host.found("network.nat") },
  {
    name: "cgroup",
    what: "control groups of either version, to be made below ours",
    test: ({ facts }) => (facts.cgroup.version === "none" ? problemOf(facts.cgroup) : undefined),
  },
  { name: "cgroup.CONTROLLER", what: "a controller, such as memory, in either version", test: needController },
  {
    name: "cgroup2",
    what: "the unified tree of control groups, and no other",
    test: ({ facts }) => needUnified(facts.cgroup),
  },
  {
    name: "cgroup2.CONTROLLER",
    what: "a controller, such as memory, in the unified tree",
    test: (host, word) => needUnified(host.facts.cgroup) ?? needController(host, word),
  },
  { name: "kernel-VERSION", what: "that kernel or a newer one: kernel-5.15", test: needKernel },
  { name: "arch:ARCHITECTURE", what: "that processor: arch:x86_64, arch:aarch64", test: (_, word) => needArch(word) },
  { name: "program:NAME", what: "a program on the host: program:nsenter", test: (_, word) => needProgram(word) },
  {
    name: "busybox",
    what: "busybox, for what its programs say in its own words",
    test: () =>
      findProgram("busybox") ? undefined : "busybox is not installed (Debian, Ubuntu: apt-get install busybox-static)",
  },
];

/** What of `requires` is missing here, in a sentence, or undefined. Nothing is left on the host. */
export async function blockedBy(requires: readonly string[], known?: Host): Promise<string | undefined> {
  const system = lookAtSystem();
  if (system.verdict === "no") return `${system.saw}; ${system.remedy}`;
  const host = known ?? new Host();
  const missing: string[] = [];
  for (const name of requires) {
    const found = lookUp(name);
    const why = found === undefined ? `nobody knows what ${name} is` : await found.requirement.test(host, found.word);
    if (why !== undefined) missing.push(`needs ${name}: ${why}`);
  }
  return missing.length === 0 ? undefined : missing.join("; ");
}

/** What is wrong with a name in `requires`: what to write instead, or undefined where nothing is. */
export function requirementRemedy(name: string): string | undefined {
  if (lookUp(name) !== undefined) return undefined;
  const plain = requirements.map((it) => it.name);
  return nearest(name, plain) ?? `one of ${plain.join(", ")}`;
}

function lookUp(name: string): { requirement: HostRequirement; word: string } | undefined {
  for (const requirement of requirements) {
    const [, prefix = requirement.name, hole] = /^(.*?)([A-Z]+)$/.exec(requirement.name) ?? [];
    if (hole === undefined ? name === prefix : name.startsWith(prefix) && name.length > prefix.length)
      return { requirement, word: name.slice(prefix.length) };
  }
  return undefined;
}

/** This host, tried at most once for each thing. */
export class Host {
  readonly facts: Facts = findFacts(locatePaths(process.env, process.geteuid?.() ?? 0));
  readonly #tried = new Map<string, Promise<Finding[]>>();

  /** Undefined where the doctor's finding of that id is "yes". */
  async found(id: string): Promise<string | undefined> {
    const findings = await this.#try(id.split(".")[0] as string);
    const finding = findings.find((it) => it.id === id);
    if (finding === undefined || finding.verdict === "yes") return undefined;
    return finding.remedy === undefined ? finding.saw : `${finding.saw}; ${finding.remedy}`;
  }

  #try(group: string): Promise<Finding[]> {
    const tried = this.#tried.get(group) ?? this.#findings(group);
    this.#tried.set(group, tried);
    return tried;
  }

  async #findings(group: string): Promise<Finding[]> {
    const trials = await Trials.open(this.facts);
    try {
      if (group === "namespaces") return await tryNamespaces(trials, this.facts);
      if (group === "network") return await tryNetwork(trials);
      if (group === "seccomp") return [await trySeccomp(trials)];
      const place = dataPlace();
      return place === undefined ? [] : [await tryOverlay(trials, this.facts, place)];
    } finally {
      await trials.close();
    }
  }
}

function needRoot({ uid }: Facts): string | undefined {
  if (uid !== 0) return "you are an ordinary user: start it with sudo, or as root";
  return mayWrite("/proc/sys/kernel/hostname")
    ? undefined
    : "this root is not allowed to change the machine (in a container?)";
}

function needUsers(facts: Facts): string | undefined {
  const missing = lookAtRootless(facts).find((it) => it.id === "rootless.ids" && it.verdict !== "yes");
  return missing === undefined ? undefined : `${missing.saw}; ${missing.remedy}`;
}

async function needBridge(host: Host): Promise<string | undefined> {
  return (await host.found("network.bridge")) ?? (await host.found("network.veth"));
}

function problemOf({ problem }: CgroupFacts): string {
  return problem ?? "no control groups can be made here";
}

function needUnified({ version, ...facts }: CgroupFacts): string | undefined {
  if (version === "v2") return undefined;
  if (version === "none") return problemOf({ version, ...facts });
  return "this machine uses cgroup v1: boot with systemd.unified_cgroup_hierarchy=1";
}

function needController({ facts: { cgroup } }: Host, word: string): string | undefined {
  if (cgroup.version === "none" || cgroup.problem !== undefined) return problemOf(cgroup);
  if (cgroup.controllers.includes(word)) return undefined;
  // freezing is a part of every group of the unified tree
  if (cgroup.version === "v2" && word === "freezer") return undefined;
  return `there is no controller ${word} here, but ${cgroup.controllers.join(", ") || "none"}`;
}

function needKernel({ facts: { kernel } }: Host, word: string): string | undefined {
  const [major = 0, minor = 0] = word.split(".").map(Number);
  if (kernel.major > major || (kernel.major === major && kernel.minor >= minor)) return undefined;
  return `this kernel is ${kernel.release}`;
}

function needArch(word: string): string | undefined {
  const own = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
  return own === word ? undefined : `this is ${own}`;
}

const packages: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  ip: "iproute2",
  ping: "iputils-ping",
  capsh: "libcap2-bin",
  python3: "python3",
  strace: "strace",
  pgrep: "procps",
  hostname: "hostname",
  gcc: "gcc",
  docker: "docker.io",
};

function needProgram(word: string): string | undefined {
  if (findProgram(word) !== undefined) return undefined;
  const name = Object.hasOwn(packages, word) ? packages[word] : undefined;
  return `${word} is not installed${name === undefined ? "" : ` (Debian, Ubuntu: apt-get install ${name})`}`;
}
