// What it takes to put containers in order.

import type { Facts } from "../core/facts.ts";
import type { Layer } from "../core/layer.ts";
import type { Paths } from "../state/paths.ts";

export interface Care {
  readonly paths: Paths;
  readonly layers: readonly Layer[];
  readonly facts: Facts;
  /** Is told what nobody can put in order any more. */
  notice?(text: string): void;
}
