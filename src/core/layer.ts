// The layer contract: read this first. A container is seven layers applied in order to one process, the init
// stage. A layer acts only through `ctx`, so whatever it does can be traced, paused, planned without doing it,
// undone, and made to fail in a test.

import type { Stage } from "../stage/stage.ts";
import type { Facts } from "./facts.ts";
import type { Spec } from "./spec.ts";
import type { View } from "./view.ts";

export interface Layer {
  /** One of the seven, or a plugin's own. */
  readonly name: string;
  /** One line, for tables and menus. */
  readonly summary: string;
  /** The lesson that teaches it. */
  readonly lesson: string;
  /**
   * What `--layers` leaving it out means, in a clause that is told: `the NAME layer is off: …`. A plugin needs none.
   */
  readonly otherwise?: string;
  /** The same for parts of it, such as `uts`, where it is not told already by who requires them. */
  readonly parts?: Readonly<Record<string, string>>;
  /** What it cannot work without, and the safe meaning of that being absent. */
  readonly requires: readonly Requirement[];
  /** A plugin says after which layer it comes; absent: after no-new-privs. Nothing comes after seccomp. */
  readonly after?: string;
  /** Do it: calls in the container's process (`ctx.stage`) and on the host (`ctx.host`), grouped in named steps. */
  apply(ctx: Context): Promise<void>;
  /** What is done in its place where it is off, if that is not "nothing". */
  without?(ctx: Context): Promise<void>;
  /** What is about to happen and why. `steps` has an entry for each step that `apply` or `without` may take. */
  explain(spec: Spec): Explanation;
  /** Is it in force? Judged only from what the kernel shows of the process, so it can judge any process. */
  verify(view: View): Check[];
  /**
   * Takes back what an intent stands for. Must succeed when there is nothing to take back, for an intent
   * is written before the deed.
   */
  undo?(host: Stage, intent: Intent, facts: Facts): Promise<void>;
}

export interface Requirement {
  /** A layer, or a part such as `namespaces.mount`. */
  readonly name: string;
  /** What happens without it, in a clause that is told: `the part namespaces.mount is off: …`. */
  readonly otherwise: string;
  /**
   * Without it there is another way, whether the layer itself is on or off. What else the layer
   * requires does not matter then.
   */
  readonly fundamental?: true;
}

export interface Context {
  readonly spec: Spec;
  readonly facts: Facts;
  /** The host stage, in the host's namespaces. */
  readonly host: Stage;
  /** The init stage, which becomes the container's PID 1. Throws before the namespaces layer has cloned it. */
  readonly stage: Stage;
  /** Begins a named step: what follows belongs to it, until the next one. */
  step(name: string): void;
  /** Tells the user about something that is different from what they might expect. Once per container, on stderr. */
  notice(text: string): void;
  /** Writes down, durably and before the deed, how to take back what is about to be created outside the process. */
  intend(intent: Intent): void;
  /** Makes the init stage: a child of `host` with these CLONE_NEW* flags. Only the namespaces layer does. */
  cloneInit(flags: number): Promise<void>;
  /**
   * `--init`: makes a child of the init stage, which will be the program. Resolves with its pid
   * as the init stage sees it.
   */
  cloneProgram(): Promise<number>;
  /** From now on `stage` is that child. */
  actAsProgram(): void;
  /** Runs a program of the host in a child of the host stage and waits for it. Throws HostProgramFailed. */
  runOnHost(program: string, argv: readonly string[]): Promise<void>;
  /** The init stage's pid as the host sees it. */
  readonly pid: number;
}

/** Something that takes part in making a container, in its turn: a layer, or a part of the runtime itself. */
export type Phase = Pick<Layer, "name" | "apply" | "without" | "otherwise" | "parts"> &
  Partial<Pick<Layer, "requires">>;

/** JSON that names a resource outside the process, for `undo`. The layer's name is added by `intend`. */
export interface Intent {
  readonly kind: string;
  readonly [key: string]: string | number | boolean | readonly string[];
}

/** An intent as the journal keeps it: with the layer whose `undo` understands it. */
export type JournalEntry = Intent & { readonly layer: string };

export interface Explanation {
  /** Markdown: what the process could see before, what it sees after, what is not isolated by this. */
  readonly about: string;
  /** Step → why it is there and why now. */
  readonly steps: Readonly<Record<string, string>>;
}

/** One judgement. `id` is stable: `seccomp.filter`. */
export interface Check {
  readonly id: string;
  readonly title: string;
  /** `yes`: in force. `no`: not in force. `unknown`: cannot be told from outside, and `saw` says why. */
  readonly verdict: "yes" | "no" | "unknown";
  /** What the kernel showed. */
  readonly saw: string;
}
