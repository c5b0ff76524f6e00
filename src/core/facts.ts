// What this host is, as far as a layer must know it before it acts. Found out once, by reading
// only, before anything is made.

export interface Facts {
  readonly uid: number;
  readonly gid: number;
  /** An ordinary user: everything goes through a user namespace. */
  readonly rootless: boolean;
  readonly kernel: { readonly release: string; readonly major: number; readonly minor: number };
  readonly cgroup: CgroupFacts;
  /** Ranges of /etc/subuid and /etc/subgid for this user; empty where there are none or newuidmap is missing. */
  readonly subuids: readonly SubordinateRange[];
  readonly subgids: readonly SubordinateRange[];
  /** Programs that widen what is possible, name → absolute path: newuidmap, newgidmap, pasta. */
  readonly tools: Readonly<Record<string, string>>;
  /** Namespace types that the kernel offers (/proc/self/ns): `time`, `cgroup`, … */
  readonly namespaces: ReadonlySet<string>;
  /** The number of the last capability that the kernel has. */
  readonly lastCapability: number;
  /** Those that minidocker itself has, and so can leave to a container. */
  readonly capabilities: readonly string[];
  /** See src/core/boot.ts. */
  readonly bootId: string;
  /** minidocker's folder for runtime state, and for data. */
  readonly stateDir: string;
  readonly dataDir: string;
}

export interface SubordinateRange {
  readonly start: number;
  readonly count: number;
}

/** How control groups are mounted here, and where ours may be made. */
export interface CgroupFacts {
  /** `v2`: one unified tree with controllers. `v1`: a tree per controller (hybrid included). `none`: not usable. */
  readonly version: "v2" | "v1" | "none";
  /** v1: controller → folder below which ours are made. v2: one entry named `unified`. All writable for us. */
  readonly parents: Readonly<Record<string, string>>;
  /** v2: the controllers that may be enabled below the parent. */
  readonly controllers: readonly string[];
  /** Why limits cannot be set, where they cannot; a sentence with the remedy. */
  readonly problem?: string;
}
