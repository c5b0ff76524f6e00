// What whoever answers a key of a pause works with.

import type { Call } from "../../../stage/call.ts";
import type { Chooser } from "./choose.ts";
import type { Screen } from "./screen.ts";

export interface Desk {
  readonly screen: Screen;
  readonly chooser: Chooser;
  readonly signal: AbortSignal;
  /** Lists are numbered, and not moved in. */
  readonly numbered: boolean;
  /** The calls since the last pause. */
  readonly made: readonly Call[];
}
