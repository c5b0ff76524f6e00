// `--dry-run`: the same code, the same order, and no call is made.

import { findFacts } from "../core/find-facts.ts";
import type { Layer } from "../core/layer.ts";
import { Construction, unwind } from "../core/pipeline.ts";
import { superviseProgram } from "../core/supervise.ts";
import { resolveImage } from "../images/resolve.ts";
import { layers as theSeven } from "../layers/index.ts";
import { launchPlan } from "../stage/launch.ts";
import { Session } from "../stage/stage.ts";
import { generateName, newId } from "../state/names.ts";
import { containerDir, findPaths } from "../state/paths.ts";
import { observe } from "./observe.ts";
import type { RunOptions } from "./options/index.ts";
import { findNetworkOwner } from "./peer.ts";
import { phasesFor } from "./phases.ts";
import { withPlugins } from "./plugins.ts";
import { lasting } from "./recover.ts";
import type { Console } from "./run.ts";
import { buildSpec } from "./spec.ts";
import { takeBackVolumes } from "./volumes.ts";

/** Tells `console.trace` every call that `run` would make. Throws what `run` would refuse. */
export async function plan(options: RunOptions, console: Console): Promise<number> {
  const paths = findPaths();
  const facts = findFacts(paths);
  const layers: readonly Layer[] = await withPlugins(theSeven, options.plugins);
  const image = await resolveImage(options.image, paths, { plan: true });
  const id = newId();
  const owner = findNetworkOwner(options.network, paths);
  const spec = buildSpec(options, image, facts, {
    id,
    name: options.name ?? generateName(),
    scratch: `${facts.dataDir}/containers/${id}`,
    ...owner,
  });
  const session = new Session();
  observe(session, console.trace);
  const host = await launchPlan(session);
  const built = new Construction({ spec, facts, session, host, journal: () => {}, notice: console.notice });
  const dir = containerDir(paths, id);
  await built.build(phasesFor(layers, { ...options, files: { log: `${dir}/log`, record: `${dir}/exit` } }));
  await superviseProgram(built);
  await unwind(options.remove ? built.intents : built.intents.filter((it) => !lasting(it)), layers, host, facts);
  if (options.remove) await takeBackVolumes(host, facts, id, options.volumes);
  return 0;
}
