// What a container is, for minidocker: the configuration of the OCI runtime specification 1.2 (config.json), for Linux.
// All that makes a container produces it, and the layers read nothing else. What the specification has no place for
// stands under `annotations`, as JSON, behind the names at the end of this file.
//
// It has only what is carried out: a field that nobody reads would be ignored in silence.

export interface Spec {
  ociVersion: string;
  root: { path: string; readonly?: boolean };
  hostname?: string;
  domainname?: string;
  process: Process;
  mounts: Mount[];
  linux: Linux;
  annotations: Record<string, string>;
}

export interface Process {
  terminal?: boolean;
  cwd: string;
  env: string[];
  args: string[];
  user: { uid: number; gid: number; umask?: number; additionalGids?: number[] };
  /** Absent: the capabilities layer is off, and the process keeps what it has. */
  capabilities?: Capabilities;
  noNewPrivileges?: boolean;
  rlimits?: { type: string; soft: number; hard: number }[];
  oomScoreAdj?: number;
}

export type CapabilitySet = "bounding" | "effective" | "permitted" | "inheritable" | "ambient";
export type Capabilities = Partial<Record<CapabilitySet, string[]>>;

export interface Mount {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
}

export type NamespaceType = "pid" | "network" | "ipc" | "uts" | "mount" | "user" | "cgroup" | "time";

export interface Namespace {
  type: NamespaceType;
  /** Join this one instead of making a new one: a file such as /proc/PID/ns/net. */
  path?: string;
}

export interface IdMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export interface Device {
  type: "c" | "b" | "u" | "p";
  path: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface DeviceRule {
  allow: boolean;
  type?: "a" | "c" | "b";
  major?: number;
  minor?: number;
  access?: string;
}

export interface Resources {
  /** All in bytes; `swap` is memory plus swap, as Docker counts; -1 is no limit. */
  memory?: { limit?: number; reservation?: number; swap?: number };
  /** `quota` and `period` in microseconds. */
  cpu?: { shares?: number; quota?: number; period?: number; cpus?: string; mems?: string };
  pids?: { limit: number };
  devices?: DeviceRule[];
  /** cgroup v2 files as they are: name → contents. */
  unified?: Record<string, string>;
}

export const seccompOperators = [
  "SCMP_CMP_NE",
  "SCMP_CMP_LT",
  "SCMP_CMP_LE",
  "SCMP_CMP_EQ",
  "SCMP_CMP_GE",
  "SCMP_CMP_GT",
  "SCMP_CMP_MASKED_EQ",
] as const;

export interface SeccompArgument {
  index: number;
  value: number;
  valueTwo?: number;
  op: (typeof seccompOperators)[number];
}

export interface SeccompRule {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: SeccompArgument[];
}

export interface Seccomp {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  syscalls?: SeccompRule[];
}

export interface Linux {
  namespaces: Namespace[];
  uidMappings?: IdMapping[];
  gidMappings?: IdMapping[];
  devices?: Device[];
  /** Relative to the cgroup that minidocker manages. Absent: the cgroups layer is off. */
  cgroupsPath?: string;
  resources?: Resources;
  rootfsPropagation?: "private" | "slave" | "shared" | "unbindable";
  seccomp?: Seccomp;
  sysctl?: Record<string, string>;
  maskedPaths?: string[];
  readonlyPaths?: string[];
}

/** How a container's network is made; the specification only knows the namespace. */
export interface Network {
  mode: "none" | "host" | "bridge" | "container";
  /** `container`: whose network namespace is shared (id). */
  container?: string;
  ports: PublishedPort[];
  dns: string[];
  /** Names and addresses for /etc/hosts; a name may have several. */
  hosts: (readonly [name: string, address: string])[];
}

export interface PublishedPort {
  /** Host address to listen on; absent: all of the host's own. */
  address?: string;
  host: number;
  container: number;
  protocol: "tcp" | "udp";
}

/** The overlay's read-only layers, topmost first, and where the writable one is. */
export interface Overlay {
  lower: string[];
  /** A folder on the host that holds `upper`, `work` and `merged`. */
  scratch: string;
}

const prefix = "minidocker.";

interface Extensions {
  id: string;
  name: string;
  network: Network;
  overlay: Overlay;
  /** The image or folder as the user named it. */
  image: string;
  /** Switched-off layers and parts: `seccomp`, `namespaces.pid`. */
  without: string[];
  /** Files with layers written by the user. */
  plugins: string[];
  init: boolean;
  stopSignal: string;
}

/** One of minidocker's own settings, or undefined where the annotations have none. */
export function extension<K extends keyof Extensions>(spec: Spec, key: K): Extensions[K] | undefined {
  const text = spec.annotations[prefix + key];
  return text === undefined ? undefined : (JSON.parse(text) as Extensions[K]);
}

export function setExtension<K extends keyof Extensions>(spec: Spec, key: K, value: Extensions[K]): void {
  spec.annotations[prefix + key] = JSON.stringify(value);
}

/** The namespace of that type, or undefined: then the container shares the host's. */
export function namespaceOf(spec: Spec, type: NamespaceType): Namespace | undefined {
  return spec.linux.namespaces.find((it) => it.type === type);
}

/** Whether it has one of that type to itself, rather than the host's or one that it joins. */
export function ownsNamespace(spec: Spec, type: NamespaceType): boolean {
  const found = namespaceOf(spec, type);
  return found !== undefined && found.path === undefined;
}

/** Whether the layer, or a part such as `namespaces.pid`, is to be applied. */
export function enabled(spec: Spec, name: string): boolean {
  const without = extension(spec, "without") ?? [];
  return !without.includes(name) && !without.includes(name.split(".")[0] as string);
}
