// --layers: which of the layers, and of the namespaces, are applied.

import { ValueError } from "./value.ts";

/**
 * The seven, in order, and the parts of those that have some. `overlay.masks` are the masked and read-only paths of /proc and /sys;
 * without `overlay.tree` there is nothing that they could be in.
 */
export const layerParts: Readonly<Record<string, readonly string[]>> = {
  namespaces: ["user", "mount", "pid", "uts", "ipc", "network", "cgroup", "time"],
  cgroups: [],
  overlay: ["tree", "masks"],
  network: [],
  capabilities: [],
  "no-new-privs": [],
  seccomp: [],
};

const spellings: Readonly<Record<string, string>> = { mnt: "mount", net: "network" };
const every = Object.entries(layerParts).flatMap(([layer, list]) =>
  list.length === 0 ? [layer] : list.map((it) => `${layer}.${it}`),
);

/**
 * What is left out, as the spec's `without` has it: layers, and parts such as `namespaces.pid` where the rest of the layer
 * stays. A list that begins with a layer to leave out (`-seccomp`) starts from all of them, any other from none.
 */
export function parseLayers(text: string): string[] {
  const words = text
    .split(",")
    .map((it) => it.trim())
    .filter(Boolean);
  if (words.length === 0)
    throw new ValueError(`no layer is named; there are ${Object.keys(layerParts).join(", ")}, all and none`);
  const chosen = new Set<string>(words[0]?.startsWith("-") ? every : []);
  for (const word of words) {
    const members = expand(word.replace(/^[+-]/, ""));
    for (const it of members) {
      if (word.startsWith("-")) chosen.delete(it);
      else chosen.add(it);
    }
  }
  return missing(chosen);
}

function expand(name: string): readonly string[] {
  if (name === "all") return every;
  if (name === "none") return [];
  const [layer = "", part] = name.split(".", 2);
  const list = Object.hasOwn(layerParts, layer) ? (layerParts[layer] as readonly string[]) : undefined;
  if (list === undefined)
    throw new ValueError(
      `no layer is called ${JSON.stringify(layer)}; there are ${Object.keys(layerParts).join(", ")}`,
    );
  if (part === undefined) return list.length === 0 ? [layer] : list.map((it) => `${layer}.${it}`);
  const full = spellings[part] ?? part;
  if (list.includes(full)) return [`${layer}.${full}`];
  throw new ValueError(
    `${layer} has no part called ${JSON.stringify(part)}${list.length === 0 ? "" : `; there are ${list.join(", ")}`}`,
  );
}

function missing(chosen: ReadonlySet<string>): string[] {
  return Object.entries(layerParts).flatMap(([layer, list]) => {
    if (list.length === 0) return chosen.has(layer) ? [] : [layer];
    const absent = list.map((it) => `${layer}.${it}`).filter((it) => !chosen.has(it));
    return absent.length === list.length || absent.includes("overlay.tree") ? [layer] : absent;
  });
}
