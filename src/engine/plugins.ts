// Layers written by the user: `--layer ./mine.ts`. They stand in the order where they ask to, and are layers like any other.

import type { JournalEntry, Layer } from "../core/layer.ts";
import { Refusal } from "../core/refusal.ts";
import { extension } from "../core/spec.ts";
import type { Paths } from "../state/paths.ts";
import { readConfig } from "../state/record.ts";
import type { Care } from "./care.ts";

/** The seven with the plugins in their places. Throws a Refusal that names the file and what it lacks. */
export async function withPlugins(own: readonly Layer[], files: readonly string[]): Promise<readonly Layer[]> {
  const all = [...own];
  for (const file of files) {
    const layer = await load(file);
    if (all.some((it) => it.name === layer.name))
      throw new Refusal(`--layer ${file}: there is a layer called ${layer.name} already`);
    if (layer.after === "seccomp")
      throw new Refusal(
        `--layer ${file}: nothing can come after seccomp, whose filter travels in one frame with execve, as it may forbid the stage to receive another; let it come after no-new-privs`,
      );
    const place = all.findIndex((it) => it.name === (layer.after ?? "no-new-privs"));
    if (place < 0)
      throw new Refusal(`--layer ${file}: it wants to come after ${layer.after}, and there is no such layer`);
    all.splice(place + 1, 0, layer);
  }
  return all;
}

/** The layers with which a container was made. Tells about plugins that are gone. */
export async function layersOf(
  paths: Paths,
  id: string,
  own: readonly Layer[],
  notice: (text: string) => void,
): Promise<readonly Layer[]> {
  let layers = own;
  for (const file of pluginsOf(paths, id)) {
    try {
      layers = await withPlugins(layers, [file]);
    } catch (error) {
      notice((error as Error).message);
    }
  }
  return layers;
}

/**
 * The layers that can take back a container's `entries`: those that this command knows, and the plugins with which it was made. Tells
 * about plugins that are gone, and what they have left behind.
 */
export async function withAuthors(
  { paths, layers, notice = () => {} }: Omit<Care, "facts">,
  id: string,
  entries: readonly JournalEntry[],
): Promise<readonly Layer[]> {
  const missing = new Set(entries.map((it) => it.layer).filter((name) => !layers.some((it) => it.name === name)));
  if (missing.size === 0) return layers;
  const found: Layer[] = [];
  for (const file of pluginsOf(paths, id)) {
    try {
      const layer = await load(file);
      if (missing.delete(layer.name)) found.push(layer);
    } catch (error) {
      notice((error as Error).message);
    }
  }
  for (const name of missing) {
    const left = entries.filter((it) => it.layer === name).map((it) => JSON.stringify(it));
    notice(`nobody can take back what the layer ${name} has made, for it is gone: ${left.join(", ")}`);
  }
  return [...layers, ...found];
}

function pluginsOf(paths: Paths, id: string): readonly string[] {
  try {
    return extension(readConfig(paths, id), "plugins") ?? [];
  } catch {
    return []; // then all that they have made is told of
  }
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
  if (typeof layer["summary"] !== "string") return "its layer has no summary, one line of text";
  if (!Array.isArray(layer["requires"])) return "its layer has no list requires, which may be empty";
  const missing = ["apply", "explain", "verify"].find((it) => typeof layer[it] !== "function");
  return missing === undefined ? undefined : `its layer has no function ${missing}`;
}
