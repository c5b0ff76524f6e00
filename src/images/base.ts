// `base`: the image that is always there. It is built when it is first needed, from what this machine has, without root
// and without a network (rootfs/recipe.ts says what is in it), and again when one of the files that it was made from
// changes.
//
//   data/base/busybox        →  busybox-5f0c…   the current one; `tools` likewise
//   data/base/busybox-5f0c…/root                the root file system
//                           /inputs             recipe version, then time, size and path of each file that it was made from
//                           /stamp              the same for what is looked at before each use
//   data/base/.build-PID/                       in the making
//   data/base/lock
//
// On the way to every container: the stamp is read, and what it names is compared, which is one file for a static
// busybox. For the machine's tools it is not their 170 files but the few folders that hold them: package managers
// rename new files into place, and that changes the folder's time.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { config, recipeVersion } from "../../rootfs/recipe.ts";
import { removeTree, replaceFile } from "../state/files.ts";
import { withLock } from "../state/lock.ts";
import type { Paths } from "../state/paths.ts";
import { Refusal } from "../state/refusal.ts";
import type { Image } from "./image.ts";
import { describeInput, pathOf, Tree } from "./tree.ts";

/** Where the programs come from. */
export type Source = "busybox" | "tools";

/** Programs are looked for here first, then in PATH. */
const folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/**
 * The image `base`, built if need be (well below a second). The environment variable MINIDOCKER_BASE (`busybox`,
 * `tools`) says where its programs come from; otherwise busybox does if there is one. Throws a Refusal where neither
 * can be had.
 */
export function baseImage(paths: Paths, wanted = process.env["MINIDOCKER_BASE"]): Image {
  const root = wanted ? rootFrom(sourceNamed(wanted), paths) : anyRoot(paths);
  return { name: "base", kind: "base", lower: [root], config };
}

function sourceNamed(name: string): Source {
  if (name === "busybox" || name === "tools") return name;
  throw new Refusal(`MINIDOCKER_BASE=${name}: expected busybox or tools`);
}

function anyRoot(paths: Paths): string {
  const root = current("busybox", paths);
  if (root !== undefined) return root;
  if (findBusybox() === undefined) return rootFrom("tools", paths);
  try {
    return rootFrom("busybox", paths);
  } catch {
    return rootFrom("tools", paths); // a busybox that cannot be used
  }
}

function rootFrom(source: Source, paths: Paths): string {
  const root = current(source, paths);
  if (root !== undefined) return root;
  mkdirSync(join(paths.data, "base"), { recursive: true });
  return withLock(join(paths.data, "base/lock"), () => current(source, paths) ?? build(source, paths));
}

/** The root that was built last, if what it was made from is still the same. */
function current(source: Source, paths: Paths): string | undefined {
  const link = `${paths.data}/base/${source}`;
  let stamp: string;
  try {
    stamp = readFileSync(`${link}/stamp`, "utf8");
  } catch {
    return undefined;
  }
  const [version, ...lines] = stamp.trimEnd().split("\n");
  if (Number(version) !== recipeVersion || lines.some((it) => it !== describeInput(pathOf(it)))) return undefined;
  return `${paths.data}/base/${readlinkSync(link)}/root`;
}

// Called with the lock held, so whatever is in the making belongs to somebody who was killed.
function build(source: Source, paths: Paths): string {
  const base = join(paths.data, "base");
  for (const it of readdirSync(base)) if (it.startsWith(".build-")) removeTree(join(base, it));
  const making = join(base, `.build-${process.pid}`);
  const mask = process.umask(0o022);
  try {
    mkdirSync(join(making, "root"), { recursive: true });
    const { inputs, places } = fill(source, join(making, "root"));
    const text = lines(inputs);
    const stamp = source === "busybox" ? text : lines(places);
    writeFileSync(join(making, "inputs"), text);
    writeFileSync(join(making, "stamp"), stamp);
    const name = `${source}-${Bun.hash(text).toString(16).padStart(16, "0")}`;
    if (existsSync(join(base, name))) replaceFile(join(base, name, "stamp"), stamp);
    else renameSync(making, join(base, name));
    symlinkSync(name, join(base, `.build-${source}`));
    renameSync(join(base, `.build-${source}`), join(base, source));
    return join(base, name, "root");
  } finally {
    process.umask(mask);
    removeTree(making);
  }
}

function lines(descriptions: ReadonlyMap<string, string>): string {
  return `${[recipeVersion, ...descriptions.values()].join("\n")}\n`;
}

function fill(source: Source, root: string): Tree {
  const tree = new Tree(root);
  try {
    if (source === "tools") tree.addTools(searched());
    else tree.addBusybox(findBusybox() ?? missing());
  } catch (error) {
    throw new Refusal(`base cannot be made: ${(error as Error).message}`);
  }
  tree.sync();
  return tree;
}

function missing(): never {
  throw new Error("there is no busybox on this machine; with MINIDOCKER_BASE=tools its own programs are taken");
}

function findBusybox(): string | undefined {
  return searched()
    .map((it) => join(it, "busybox"))
    .find((it) => statSync(it, { throwIfNoEntry: false })?.isFile());
}

function searched(): string[] {
  return [...folders, ...(process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute)];
}
