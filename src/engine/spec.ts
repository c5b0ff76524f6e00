// RunOptions and an image → the OCI configuration that the layers read. Nothing is made here. A layer that is left out is
// left out of the configuration: what is not in it, is not done.

import { capabilityNames } from "../abi/capability.ts";
import { defaultDevices, defaultMaskedPaths, defaultMounts, defaultReadonlyPaths } from "../core/default-mounts.ts";
import type { Facts } from "../core/facts.ts";
import { isMapped, maySetGroups } from "../core/id-map.ts";
import { Refusal } from "../core/refusal.ts";
import { type Capabilities, type Linux, type Network, type Seccomp, type Spec, setExtension } from "../core/spec.ts";
import type { Image } from "../images/image.ts";
import { lookupUser, type User } from "../images/users.ts";
import { defaultProfile } from "../layers/seccomp/profile.ts";
import { readProfile } from "../layers/seccomp/read.ts";
import { shortId } from "../state/names.ts";
import { chooseCapabilities } from "./options/capability.ts";
import { leftOut, type RunOptions } from "./options/index.ts";
import { deviceNodes, deviceRules } from "./spec/devices.ts";
import { orderMounts, userMounts } from "./spec/mounts.ts";
import { idMaps, namespaceList } from "./spec/namespaces.ts";
import { buildEnvironment, chooseCommand } from "./spec/program.ts";

/** What the engine decides about a container, rather than its user. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  /** Absolute; holds the overlay's upper, work and merged folders. */
  readonly scratch: string;
  /** `--network container:NAME`: who that is. */
  readonly networkOwner?: { readonly id: string; readonly namespace: string; readonly hostname?: string };
}

/** Throws a Refusal where options, image and host do not fit together. */
export function buildSpec(options: RunOptions, image: Image, facts: Facts, identity: Identity): Spec {
  const on = (name: string): boolean => !leftOut(options, name);
  const rootless = facts.rootless || options.rootless;
  if (facts.rootless && !on("namespaces.user")) {
    throw new Refusal(
      "an ordinary user's container needs the part namespaces.user, which --layers leaves out: take it back in, or run as root",
    );
  }
  if (rootless && options.network?.mode === "container") {
    throw new Refusal(
      `--network container:${options.network.container}: a container in a user namespace of its own cannot enter a network that belongs to another one: run both as root, without --rootless`,
    );
  }
  const kept = keptCapabilities(options, facts, rootless);
  const linux = buildLinux(options, facts, identity, kept);
  const user = lookupUser(image.lower, options.user ?? image.config.User ?? "");
  refuseUnmapped(user, linux);
  const hostname = on("namespaces.uts") ? chooseHostname(options, identity) : undefined;
  if (!on("capabilities") && (user.uid !== 0 || user.gid !== 0)) {
    throw new Refusal(
      `the container would run as uid ${user.uid}: changing the user belongs to the layer capabilities, which --layers leaves out; take it back in, or give --user root`,
    );
  }
  const spec: Spec = {
    ociVersion: "1.2.0",
    root: { path: `${identity.scratch}/merged`, ...(options.readOnly ? { readonly: true } : {}) },
    ...(hostname === undefined ? {} : { hostname }),
    process: {
      terminal: options.terminal,
      cwd: options.workdir ?? (image.config.WorkingDir || "/"),
      env: buildEnvironment(options, image.config.Env ?? [], { hostname, home: user.home }),
      args: chooseCommand(options, image),
      user: { uid: user.uid, gid: user.gid, additionalGids: groups(user, linux, facts) },
      ...(on("capabilities") ? { capabilities: capabilitySets(kept) } : {}),
      noNewPrivileges: on("no-new-privs") && options.noNewPrivileges !== false,
      ...(options.ulimits.length === 0 ? {} : { rlimits: [...options.ulimits] }),
    },
    mounts: orderMounts(defaultMounts(rootless, options.shmSize), userMounts(options, facts, identity.id)),
    linux,
    annotations: {},
  };
  refuseNulBytes(spec);
  annotate(spec, options, image, identity);
  return spec;
}

function buildLinux(options: RunOptions, facts: Facts, identity: Identity, capabilities: readonly string[]): Linux {
  const on = (name: string): boolean => !leftOut(options, name);
  const network = chooseNetwork(options, identity);
  const sysctl = sysctls(options, facts, network?.mode);
  const devices = deviceNodes(options.devices);
  return {
    namespaces: namespaceList(options, facts, network?.mode, identity.networkOwner?.namespace),
    ...(facts.rootless || options.rootless ? idMaps(facts) : {}),
    devices: [...defaultDevices, ...devices],
    ...(on("cgroups")
      ? {
          cgroupsPath: identity.id,
          resources: { ...options.resources, devices: deviceRules(devices, options.devices) },
        }
      : {}),
    ...(on("seccomp") && options.seccompProfile !== "unconfined"
      ? { seccomp: profile(options.seccompProfile, facts, capabilities) }
      : {}),
    ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
    maskedPaths: on("overlay.masks") ? defaultMaskedPaths() : [],
    readonlyPaths: on("overlay.masks") ? [...defaultReadonlyPaths] : [],
  };
}

function refuseUnmapped({ uid, gid }: User, { uidMappings, gidMappings }: Linux): void {
  if (isMapped(uidMappings, uid) && isMapped(gidMappings, gid)) return;
  throw new Refusal(
    `--user: uid ${uid}, gid ${gid} stand for nobody outside, as only root is mapped to you: install newuidmap (Debian, Ubuntu: apt-get install uidmap) and have a line of yours in /etc/subuid and /etc/subgid`,
  );
}

function groups({ additionalGids }: User, linux: Linux, facts: Facts): number[] {
  return maySetGroups(linux, facts) ? additionalGids.filter((it) => isMapped(linux.gidMappings, it)) : [];
}

/** ALL is all that there is to give, as in Docker. */
function keptCapabilities({ capAdd, capDrop }: RunOptions, facts: Facts, rootless: boolean): string[] {
  // root in a new user namespace has them all there
  const own = capAdd.length === 0 || rootless ? capabilityNames : facts.capabilities;
  const lacking = capAdd.find((it) => it !== "ALL" && !own.includes(it));
  if (lacking !== undefined)
    throw new Refusal(
      `--cap-add ${lacking}: minidocker does not have it itself, so it cannot leave it to a container; it runs in a container, or as a service, that was given fewer`,
    );
  return chooseCapabilities(capAdd, capDrop, capAdd.includes("ALL") ? own : capabilityNames);
}

// The profile allows more where more capabilities are left. It is the one for the capabilities that were asked for, also
// when their layer is off: then only one thing changes, and what it protected from can be seen.
function profile(
  own: { readonly path: string; readonly text: string } | undefined,
  { kernel }: Facts,
  capabilities: readonly string[],
): Seccomp {
  const arch = process.arch === "arm64" ? "aarch64" : "x86_64";
  if (own === undefined) return defaultProfile(capabilities, arch);
  try {
    return readProfile(own.text, capabilities, arch, kernel);
  } catch (error) {
    throw new Refusal(`--security-opt seccomp=${own.path}: ${(error as Error).message}`);
  }
}

// Inheritable and ambient stay empty, as in Docker: a program of another user gets nothing by execve (CVE-2022-24769).
function capabilitySets(list: readonly string[]): Capabilities {
  return { bounding: [...list], effective: [...list], permitted: [...list], inheritable: [], ambient: [] };
}

/** Undefined: the layer is off. Without a network namespace there is only the host's network, which is left alone. */
function chooseNetwork(options: RunOptions, { networkOwner }: Identity): Network | undefined {
  if (leftOut(options, "network")) return undefined;
  const shared = leftOut(options, "namespaces.network") ? "host" : undefined;
  const mode = shared ?? options.network?.mode ?? "bridge";
  return {
    mode,
    ...(mode === "container" ? { container: networkOwner?.id ?? "" } : {}),
    ports: [...options.ports],
    dns: [...options.dns],
    hosts: [...options.hosts],
  };
}

// The names that a network knows a container by are those of the one it belongs to.
function chooseHostname(options: RunOptions, { id, networkOwner }: Identity): string | undefined {
  if (options.network?.mode === "container") return networkOwner?.hostname;
  return options.hostname ?? shortId(id);
}

// Docker's defaults: programs without privileges may listen on any port of the container's own and send pings. The kernel refuses
// the range of groups where not all of them are mapped (ping_group_range in icmp(7)).
function sysctls(options: RunOptions, facts: Facts, mode: Network["mode"] | undefined): Record<string, string> {
  const own = !leftOut(options, "namespaces.network") && mode !== "host" && mode !== "container";
  const rootless = facts.rootless || options.rootless;
  return {
    ...(own ? { "net.ipv4.ip_unprivileged_port_start": "0" } : {}),
    ...(own && !rootless ? { "net.ipv4.ping_group_range": "0 2147483647" } : {}),
    ...Object.fromEntries(options.sysctls.map(({ name, value }) => [name, value])),
  };
}

function annotate(spec: Spec, options: RunOptions, image: Image, identity: Identity): void {
  setExtension(spec, "id", identity.id);
  setExtension(spec, "name", identity.name);
  setExtension(spec, "image", options.image);
  setExtension(spec, "overlay", { lower: [...image.lower], scratch: identity.scratch });
  setExtension(spec, "without", [...options.without]);
  setExtension(spec, "plugins", [...options.plugins]);
  setExtension(spec, "init", options.init);
  setExtension(spec, "stopSignal", options.stopSignal ?? image.config.StopSignal ?? "SIGTERM");
  const network = chooseNetwork(options, identity);
  if (network !== undefined) setExtension(spec, "network", network);
}

function refuseNulBytes({ process: { args, env, cwd } }: Spec): void {
  const found = [...args, ...env, cwd].find((it) => it.includes("\0"));
  if (found !== undefined)
    throw new Refusal(`${JSON.stringify(found)} holds a NUL byte, where the kernel's strings end`);
}
