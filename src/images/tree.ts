// Fills an empty folder with a root file system, as the recipe in rootfs/ says: first what every variant has, then
// programs, either busybox with a link for each of its names, or the machine's own tools.

import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { files, folders, links } from "../../rootfs/recipe.ts";
import { loadedByName, terminals } from "../../rootfs/tools.ts";
import { cachePath, Libraries } from "./libraries.ts";
import { findPrograms, isFile } from "./machine.ts";
import { describe } from "./stamp.ts";

/** A root file system in the making. */
export class Tree {
  readonly #root: string;
  readonly #copied: string[] = [];
  /** What of this machine it was made from, path → description: whenever one of these changes, so would the tree. */
  readonly inputs = new Map<string, string>();
  /** The folders that hold them, likewise. */
  readonly places = new Map<string, string>();

  /** `root` exists, is empty, and umask(2) is 022. */
  constructor(root: string) {
    this.#root = root;
    for (const { path, mode = 0o755 } of folders) {
      mkdirSync(join(root, path), { recursive: true });
      chmodSync(join(root, path), mode);
    }
    for (const { path, to } of links) symlinkSync(to, join(root, path));
    for (const { path, text, mode = 0o644 } of files) this.#write(path, text, mode);
    this.#giveHome();
  }

  // Only root can give files away. For the rootless the home is everybody's: all its users are one user outside anyway.
  #giveHome(): void {
    const home = join(this.#root, "home/user");
    if (process.geteuid?.() === 0) chownSync(home, 1000, 1000);
    else chmodSync(home, 0o777);
  }

  #write(path: string, text: string, mode: number): void {
    writeFileSync(join(this.#root, path), text);
    chmodSync(join(this.#root, path), mode);
  }

  /** busybox under all of its names. Throws an Error for one that does not run, or has no shell. */
  addBusybox(path: string): void {
    const listed = Bun.spawnSync([path, "--list"], { env: {}, stdin: "ignore", stderr: "pipe" });
    const names = listed.stdout
      .toString()
      .split("\n")
      .filter((it) => /^[\w.[-]+$/.test(it));
    if (!listed.success || !names.includes("sh")) throw new Error(`${path} --list does not name a shell`);
    const libraries = Libraries.ofThisMachine();
    const real = realpathSync(path);
    if (!libraries.add(real)) throw new Error(`${path} is no program of this machine's`);
    this.#copy(real, "usr/bin/busybox");
    this.#addLibraries(libraries, real);
    for (const name of names) this.#link(`usr/bin/${name}`, "usr/bin/busybox");
  }

  /** The machine's own tools, as far as it has them. Throws an Error where not even a shell can be had. */
  addTools(names: readonly string[]): void {
    const libraries = Libraries.ofThisMachine();
    const programs = new Map<string, string>();
    for (const name of names) {
      const candidates = findPrograms(name).map((it) => realpathSync(it));
      const found = candidates.find((it) => added(libraries, it));
      if (found !== undefined) programs.set(name, found);
    }
    if (!programs.has("sh")) throw new Error("this machine has no usable shell");
    this.#addLibraries(libraries); // the programs are among them
    for (const [name, path] of programs) this.#link(`usr/bin/${name}`, placeOf(path));
    for (const name of terminals.names) {
      const found = terminals.folders.map((it) => join(it, name)).find((it) => isFile(it));
      if (found !== undefined) this.#copy(found, `usr/share/terminfo/${name}`);
    }
  }

  /**
   * Whether all that was copied into this tree is in the tree at `other`, with the same sizes. Where it is not, the
   * power failed before the disk had everything: then files are there, but empty or cut short.
   */
  isIn(other: string): boolean {
    return this.#copied.every((path) => sizeOf(join(other, path)) === sizeOf(join(this.#root, path)));
  }

  #addLibraries(libraries: Libraries, except?: string): void {
    for (const name of loadedByName) libraries.addNamed(name);
    for (const path of libraries.files.keys()) if (path !== except) this.#install(path);
    if (libraries.needsCache) this.#copy(cachePath, "etc/ld.so.cache");
  }

  // The file itself where it really is, and a link where it is looked for.
  #install(path: string): void {
    const real = realpathSync(path);
    this.#copy(real, placeOf(real));
    this.#link(placeOf(path), placeOf(real));
  }

  #copy(from: string, to: string): void {
    const target = join(this.#root, to);
    if (exists(target)) return;
    const place = dirname(from);
    if (!this.places.has(place)) this.places.set(place, describe(place));
    this.inputs.set(from, describe(from)); // before the copy: what changes during it must be noticed
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(from, target, constants.COPYFILE_FICLONE);
    chmodSync(target, (statSync(from).mode & 0o111) === 0 ? 0o644 : 0o755); // no setuid, no setgid
    this.#copied.push(to);
  }

  #link(path: string, to: string): void {
    if (exists(join(this.#root, path))) return;
    mkdirSync(dirname(join(this.#root, path)), { recursive: true });
    symlinkSync(relative(dirname(path), to), join(this.#root, path));
  }
}

/** Where a file of the machine is in the tree, whose classical folders are merged into usr. */
function placeOf(path: string): string {
  const inUsr = path.replace(/^\/(bin|sbin|lib|lib64)\//, "/usr/$1/");
  return inUsr.replace(/^\/usr\/sbin\//, "/usr/bin/").slice(1);
}

// A script, a program for another machine, or one that has lost a library is left out.
function added(libraries: Libraries, path: string): boolean {
  try {
    return libraries.add(path);
  } catch {
    return false;
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
