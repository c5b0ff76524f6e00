// Layers written by the user: `--layer ./mine.ts`. They stand in the order where they ask to, and are layers like any other.

import type { Layer } from "../core/layer.ts";
import { Refusal } from "../core/refusal.ts";

/** The seven with the plugins in their places. Throws a Refusal that names the file and what it lacks. */
export async function withPlugins(own: readonly Layer[], files: readonly string[]): Promise<readonly Layer[]> {
  const all = [...own];
  for (const file of files) {
    const layer = await load(file);
    if (all.some((it) => it.name === layer.name))
      throw new Refusal(`--layer ${file}: there is a layer called ${layer.name} already`);
    const place = all.findIndex((it) => it.name === (layer.after ?? "no-new-privs"));
    if (place < 0)
      throw new Refusal(`--layer ${file}: it wants to come after ${layer.after}, and there is no such layer`);
    all.splice(place + 1, 0, layer);
  }
  return all;
}

async function load(file: string): Promise<Layer> {
  let module: { default?: unknown };
  try {
    module = (await import(file)) as { default?: unknown };
  } catch (error) {
    throw new Refusal(`--layer ${file} cannot be loaded: ${(error as Error).message}`);
  }
  const problem = problemOf(module.default);
  if (problem !== undefined) throw new Refusal(`--layer ${file}: ${problem}; see CONTRIBUTING.md, "Add a layer"`);
  return module.default as Layer;
}

function problemOf(candidate: unknown): string | undefined {
  if (typeof candidate !== "object" || candidate === null) return "it has no default export that is a layer";
  const layer = candidate as Record<string, unknown>;
  if (typeof layer["name"] !== "string" || !/^[a-z][a-z0-9-]*$/.test(layer["name"]))
    return "its layer has no name like my-layer";
  const missing = ["apply", "explain", "verify"].find((it) => typeof layer[it] !== "function");
  return missing === undefined ? undefined : `its layer has no function ${missing}`;
}
