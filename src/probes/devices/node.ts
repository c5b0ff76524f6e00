// Device nodes that an attacker makes, where something can be made.

import type { Stage } from "../../stage/stage.ts";
import { ask, observationOf, stuck } from "../attempt.ts";
import type { Observation } from "../probe.ts";
import { writableFolder } from "../reach.ts";

export interface Node {
  readonly type: number;
  readonly major: number;
  readonly minor: number;
  readonly flags: number;
  readonly passed: readonly string[];
}

export async function openNode(stage: Stage, { type, major, minor, flags, passed }: Node): Promise<Observation> {
  const place = await writableFolder(stage);
  if ("errno" in place) return stuck(place.errno, `${place.errno}: there is no place for a node`);
  const path = `${place.path}.minidocker-node`;
  const made = await ask(stage, (it) => it.mknodat(place.folder, path, type | 0o600, (major << 8) | minor));
  if (!made.ok) return stuck(made.errno, `${made.errno} already when the node was to be made`);
  const opened = await ask(stage, (it) => it.openat(place.folder, path, flags, 0));
  await stage.unlinkat(place.folder, path, 0);
  stage.flush();
  return observationOf(opened, passed, "it is open");
}
