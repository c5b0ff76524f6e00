// `base`: the image that is always there. It is built when it is first needed, from what this machine has, without root
// and without a network (rootfs/recipe.ts says what is in it), and again when one of the files that it was made from
// changes.
//
//   data/base/busybox        →  busybox-5f0c…   the current one; `tools` likewise
//   data/base/busybox-5f0c…/root                the root file system
//                           /inputs             recipe version; time, size and path of each file that it was made from
//                           /stamp              what is looked at before each use (stamp.ts)
//   data/base/.build-PID/                       in the making (build.ts)
//   data/base/lock

import { config } from "../../rootfs/recipe.ts";
import type { Paths } from "../state/paths.ts";
import { Refusal } from "../state/refusal.ts";
import { defaultPath, type Image } from "./image.ts";
import { findProgram } from "./machine.ts";
import { currentRoot, type Source } from "./stamp.ts";

/**
 * The image `base`, built if need be (well below a second). The environment variable MINIDOCKER_BASE (`busybox`,
 * `tools`) says where its programs come from; otherwise busybox does if there is one. Throws a Refusal where neither
 * can be had.
 */
export async function baseImage(paths: Paths, wanted = process.env["MINIDOCKER_BASE"]): Promise<Image> {
  return imageIn(wanted ? await rootFrom(sourceNamed(wanted), paths) : await anyRoot(paths));
}

/** The same for who only looks: one that is not there yet is not built, and nothing can be read from it. */
export function plannedBase(paths: Paths, wanted = process.env["MINIDOCKER_BASE"]): Image {
  const source = wanted ? sourceNamed(wanted) : findProgram("busybox") === undefined ? "tools" : "busybox";
  return imageIn(currentRoot(source, paths) ?? `${paths.data}/base/${source}/root`);
}

function imageIn(root: string): Image {
  return { name: "base", kind: "base", lower: [root], config: { Env: [defaultPath], ...config } };
}

function sourceNamed(name: string): Source {
  if (name === "busybox" || name === "tools") return name;
  throw new Refusal(`MINIDOCKER_BASE=${name}: expected busybox or tools`);
}

async function anyRoot(paths: Paths): Promise<string> {
  const root = currentRoot("busybox", paths);
  if (root !== undefined) return root;
  if (findProgram("busybox") === undefined) return rootFrom("tools", paths);
  try {
    return await rootFrom("busybox", paths);
  } catch {
    return rootFrom("tools", paths); // a busybox that cannot be used
  }
}

async function rootFrom(source: Source, paths: Paths): Promise<string> {
  const root = currentRoot(source, paths);
  if (root !== undefined) return root;
  const { buildRoot } = await import("./build.ts");
  return buildRoot(source, paths);
}
