// `ps`: all containers there are. Whatever was abandoned is put in order first, so the list is true.

import { findFacts } from "../core/find-facts.ts";
import { layers } from "../layers/index.ts";
import { listRecords } from "../state/find.ts";
import { openPaths } from "../state/paths.ts";
import type { Listed } from "../state/shape.ts";
import { recover } from "./recover.ts";

/** The newest first. What cannot be put in order is told to `notice`, and listed as it is. */
export async function listContainers(notice: (text: string) => void): Promise<Listed[]> {
  const paths = openPaths();
  const care = { paths, layers, facts: findFacts(paths), notice };
  await recover(care).catch((error: unknown) => notice((error as Error).message));
  return listRecords(paths);
}
