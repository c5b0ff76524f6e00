// `ps`: all containers there are. Whatever was abandoned is put in order first, so the list is true.

import { probeFacts } from "../core/probe.ts";
import { layers } from "../layers/index.ts";
import { listRecords } from "../state/find.ts";
import { openPaths } from "../state/paths.ts";
import type { Listed } from "../state/shape.ts";
import { recover } from "./recover.ts";

/** The newest first. */
export async function listContainers(): Promise<Listed[]> {
  const paths = openPaths();
  await recover(paths, layers, probeFacts(paths));
  return listRecords(paths);
}
