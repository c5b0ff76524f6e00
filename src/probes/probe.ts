// A probe: a harmless attack on one boundary. It is a question, a call or a few, and what is seen when a layer stops it. It
// runs for real, in a real container, and tells what it observed, never what it expected.

import type { Facts } from "../core/facts.ts";
import type { Spec } from "../core/spec.ts";
import type { Stage } from "../stage/stage.ts";
import type { Guard } from "./guard.ts";

/** What was seen. `saw` is for people. */
export type Observation =
  | { readonly kind: "succeeded"; readonly saw: string }
  /** `beside`: a call on the way failed, before it came to what the probe is about. Nothing is proven by it. */
  | { readonly kind: "errno"; readonly errno: string; readonly saw: string; readonly beside?: true }
  /** There is nothing to attack: a process, a file, a link that cannot be seen from there. */
  | { readonly kind: "invisible"; readonly saw: string }
  /** It was done, and reached no further than the container: its own name, its own copy, its own share. */
  | { readonly kind: "contained"; readonly saw: string }
  | { readonly kind: "killed"; readonly signal: string; readonly saw: string };

export interface Probe {
  /** `mount-tmpfs`. At most 16 characters, so that a table of it fits a terminal. */
  readonly name: string;
  /** One sentence that ends in a question mark: "Can it mount a file system?" */
  readonly question: string;
  /** The call, as a person would write it: `mount("none", "/", "nosuchfs", 0, NULL)`. */
  readonly call: string;
  /** What is seen where it is stopped: an errno's name, `invisible`, `contained`, `killed`. */
  readonly blocked: readonly string[];
  /**
   * The ways in, and what guards each. It is stopped where each way is; a way is stopped where any of its guards stands. No way at
   * all: it is the runtime that sees to it, and no layer.
   */
  readonly ways: readonly (readonly Guard[])[];
  /** The layers to thank, as far as is known: those that stop it alone, or together. Those of the guards. */
  readonly layers: readonly string[];
  /** The lesson that teaches it. */
  readonly lesson: string;
  /** Limits that its container needs, without which there would be nothing to run into. */
  readonly limits?: Limits;
  /** Why this host cannot try it, or undefined. */
  unavailable?(facts: Facts): string | undefined;
  /** Puts a harmless object of our own where the attack can aim at it, on the host's side. */
  prepare?(host: HostSide): Promise<void>;
  attempt(attack: Attack): Promise<Observation>;
}

export type Limits = Pick<NonNullable<Spec["linux"]["resources"]>, "memory" | "cpu" | "pids">;

/** The host's side of a probe: canaries are made here and removed afterwards. */
export interface HostSide {
  /** A folder of our own on the host. */
  readonly folder: string;
  /** A stage in the host's namespaces. What it holds open goes with it, however this process ends. */
  readonly stage: Stage;
  readonly canaries: Map<string, string | number>;
  /** Called when the probe is over, in reverse order. */
  onClose(action: () => void | Promise<void>): void;
}

export interface Attack {
  /** A stage in the container, as bound by its layers as the program is. A child of process 1, made for this probe alone. */
  readonly stage: Stage;
  /** What `prepare` has left, by name. */
  readonly canaries: ReadonlyMap<string, string | number>;
  /** The image's folders on the host. */
  readonly image: readonly string[];
}

export function defineProbe(probe: Omit<Probe, "layers">): Probe {
  return { ...probe, layers: [...new Set(probe.ways.flat().map((it) => it.layer))] };
}

/** What a cell of the matrix says: `succeeded`, `EPERM`, `invisible`, `contained`, `killed`; in brackets what proves nothing. */
export function outcome(seen: Observation): string {
  if (seen.kind !== "errno") return seen.kind;
  return seen.beside ? `(${seen.errno})` : seen.errno;
}

/** Whether the attack got nowhere; undefined where it did not even come to the boundary. */
export function wasStopped(seen: Observation): boolean | undefined {
  if (seen.kind === "errno" && seen.beside) return undefined;
  return seen.kind !== "succeeded";
}
