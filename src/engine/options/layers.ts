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
 * stays. A list of layers to leave out (`-seccomp`) starts from all of them, any other from none; `all,-namespaces,namespaces.pid`
 * takes away from what was named before, and gives back.
 */
export function parseLayers(text: string): string[] {
  const words = text
    .split(",")
    .map((it) => it.trim())
    .filter(Boolean);
  if (words.length === 0)
    throw new ValueError(`no layer is named; there are ${Object.keys(layerParts).join(", ")}, all and none`);
  const chosen = new Set<string>(isLess(words[0]) ? every : []);
  for (const word of words) {
    const members = expand(word.replace(/^[+-]/, ""));
    refuseContradiction(word, words, members, chosen);
    for (const it of members) {
      if (isLess(word)) chosen.delete(it);
      else chosen.add(it);
    }
  }
  return missing(chosen);
}

const isLess = (word: string | undefined): boolean => word?.startsWith("-") === true;

/** What could be read in two ways, or names a layer to no effect, is not what somebody has meant. */
function refuseContradiction(
  word: string,
  words: readonly string[],
  members: readonly string[],
  chosen: ReadonlySet<string>,
): void {
  const name = word.replace(/^[+-]/, "");
  if (isLess(word) && (name === "all" || name === "none"))
    throw new ValueError(`${name} stands for a whole list, and has no - in front`);
  if (name === "none" && words.length > 1) throw new ValueError("none stands alone: it is the empty list");
  if (isLess(words[0]) && !isLess(word))
    throw new ValueError(
      `a list is of layers to apply, or, each with a - in front, of layers to leave out; ${name} has no -, and ${words[0]} has`,
    );
  if (isLess(word) && words.includes(name))
    throw new ValueError(`${name} is in the list with a - in front and without`);
  if (isLess(word) && !isLess(words[0]) && !members.some((it) => chosen.has(it)))
    throw new ValueError(`${word} takes away what the list does not have; to leave it out of all, write all,${word}`);
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
