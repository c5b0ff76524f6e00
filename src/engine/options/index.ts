// What a container is asked to be: the options of `run`, checked one by one and against each other. `buildSpec`
// (src/engine/spec.ts) makes the OCI configuration from it.

import type { Process, PublishedPort, Resources } from "../../core/spec.ts";
import type { StepSize } from "../../core/stepper.ts";
import type { DeviceRequest } from "./device.ts";
import type { Variable } from "./environment.ts";
import type { NetworkChoice } from "./network.ts";
import type { Sysctl } from "./sysctl.ts";
import type { Tmpfs, Volume } from "./volume.ts";

export interface RunOptions {
  /** An image, or a folder with a root file system, as the user named it. */
  readonly image: string;
  /** What to run; empty: what the image says. */
  readonly command: readonly string[];
  /** Absent: the engine makes one up. */
  readonly name?: string;
  readonly interactive: boolean;
  readonly terminal: boolean;
  readonly remove: boolean;

  // How it is made
  readonly step?: StepSize;
  /** A file; "" is stderr. */
  readonly trace?: string;
  readonly dryRun: boolean;
  readonly rootless: boolean;
  /** What `--layers` leaves out: layers, and parts such as `namespaces.pid`. */
  readonly without: readonly string[];
  /** Files with layers of the user, absolute. */
  readonly plugins: readonly string[];
  /** What the user should be told, because it differs from what they may expect. */
  readonly notices: readonly string[];

  // The program
  /** "": without the image's. */
  readonly entrypoint?: string;
  readonly environment: readonly Variable[];
  readonly user?: string;
  readonly workdir?: string;
  readonly hostname?: string;
  readonly stopSignal?: string;
  readonly init: boolean;

  // Files
  readonly volumes: readonly Volume[];
  readonly tmpfs: readonly Tmpfs[];
  readonly readOnly: boolean;
  /** Bytes. */
  readonly shmSize?: number;
  readonly devices: readonly DeviceRequest[];

  // Limits
  readonly resources: Pick<Resources, "memory" | "cpu" | "pids">;
  readonly ulimits: NonNullable<Process["rlimits"]>;
  readonly sysctls: readonly Sysctl[];

  // Network
  /** Absent: not asked for, so what is possible. */
  readonly network?: NetworkChoice;
  readonly ports: readonly PublishedPort[];
  readonly dns: readonly string[];
  readonly hosts: readonly (readonly [name: string, address: string])[];

  // Privileges
  /** Full names, or `ALL`. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  /** False: execve may add some, as Docker has it by default. */
  readonly noNewPrivileges?: boolean;
  /** Instead of the default profile; `unconfined`: no filter. */
  readonly seccompProfile?: { readonly path: string; readonly text: string } | "unconfined";
}

/** Whether a layer, or a part such as `namespaces.pid`, is left out. */
export function leftOut({ without }: Pick<RunOptions, "without">, name: string): boolean {
  return without.includes(name) || without.includes(name.split(".")[0] as string);
}
