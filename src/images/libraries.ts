// Which library files a program needs, found as ld.so(8) does: DT_RPATH of the file and of those that led to it,
// DT_RUNPATH, then /etc/ld.so.cache, then the default folders. The environment does not count: base must not depend on
// LD_LIBRARY_PATH.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Struct } from "../abi/struct.ts";
import { type Elf, readElf } from "./elf.ts";
import { isFile } from "./machine.ts";

const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

/** glibc's, Debian's multiarch ones, and musl's. */
const defaultFolders = [
  `/lib/${triplet}`,
  `/usr/lib/${triplet}`,
  "/lib64",
  "/usr/lib64",
  "/lib",
  "/usr/lib",
  "/usr/local/lib",
];

/** Name → path, for libraries in folders that only the machine's configuration knows. */
export type Cache = ReadonlyMap<string, string>;

export const cachePath = "/etc/ld.so.cache";

// glibc, sysdeps/generic/dl-cache.h (the format, not the code): a header, then entries whose strings are at offsets
// counted from the header.
const cacheHeader = new Struct("cache_file_new", {
  magic: ["u8", 20],
  nlibs: "u32",
  lenStrings: "u32",
  flags: ["u8", 4],
  extension: "u32",
  unused: ["u32", 3],
});
const cacheEntry = new Struct("file_entry_new", {
  flags: "i32",
  key: "u32",
  value: "u32",
  osversion: "u32",
  hwcap: ["u32", 2],
});
const oldEntrySize = 12;
const FLAG_X8664_LIB64 = 0x0303;
const FLAG_AARCH64_LIB64 = 0x0a03;

/** Empty where the file is none that we know: then the default folders have to do. */
export function parseCache(bytes: Buffer, arch: string = process.arch): Cache {
  const found = new Map<string, string>();
  const at = newFormat(bytes);
  if (at === undefined || at + cacheHeader.size > bytes.length) return found;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const { nlibs } = cacheHeader.decode(view);
  const wanted = arch === "arm64" ? FLAG_AARCH64_LIB64 : FLAG_X8664_LIB64;
  const text = (start: number): string => bytes.toString("utf8", at + start, bytes.indexOf(0, at + start));
  for (let i = 0; i < nlibs && cacheHeader.size + (i + 1) * cacheEntry.size <= view.byteLength; i++) {
    const { flags, key, value, hwcap } = cacheEntry.decode(view, cacheHeader.size + i * cacheEntry.size);
    const plain = hwcap[0] === 0 && hwcap[1] === 0; // else it is for certain processors only
    if (flags === wanted && plain && !found.has(text(key))) found.set(text(key), text(value));
  }
  return found;
}

// Until glibc 2.31 the new format stood behind one of 1996, aligned to 8 bytes.
function newFormat(bytes: Buffer): number | undefined {
  if (bytes.toString("latin1", 0, 20) === "glibc-ld.so.cache1.1") return 0;
  if (bytes.toString("latin1", 0, 11) !== "ld.so-1.7.0" || bytes.length < 16) return undefined;
  const at = Math.ceil((16 + bytes.readUInt32LE(12) * oldEntrySize) / 8) * 8;
  return bytes.toString("latin1", at, at + 20) === "glibc-ld.so.cache1.1" ? at : undefined;
}

export class Libraries {
  readonly #cache: Cache;
  /** Everything found so far: path → what is in its headers. */
  readonly files = new Map<string, Elf>();
  /** Whether a library was found that ld.so would not find without its cache. */
  needsCache = false;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  static ofThisMachine(): Libraries {
    try {
      return new Libraries(parseCache(readFileSync(cachePath)));
    } catch {
      return new Libraries(new Map()); // musl has none
    }
  }

  /**
   * Adds the program or library, its interpreter, and all libraries that it needs, to `files`. False: it is nothing
   * that this machine can run. Throws an Error that names a library which is nowhere, and then adds nothing.
   */
  add(path: string): boolean {
    const found = new Map<string, Elf>();
    if (!this.#collect(path, [], found)) return false;
    for (const [name, elf] of found) this.files.set(name, elf);
    return true;
  }

  #collect(path: string, inherited: readonly string[], found: Map<string, Elf>): boolean {
    if (this.files.has(path) || found.has(path)) return true;
    const elf = readElf(path);
    if (elf === undefined) return false;
    found.set(path, elf);
    const { interpreter } = elf;
    const startable = interpreter === undefined || this.#collect(interpreter, [], found);
    if (!startable) throw new Error(`${path} needs the interpreter ${interpreter}, which is none`);
    const runpath = elf.runpath.flatMap((it) => expand(it, path));
    const own = elf.runpath.length > 0 ? [] : elf.rpath.flatMap((it) => expand(it, path));
    const rpath = [...own, ...inherited];
    const folders = elf.runpath.length > 0 ? runpath : rpath;
    for (const name of elf.needed) {
      const library = this.find(name, folders);
      if (library === undefined) throw new Error(`${path} needs the library ${name}, which is nowhere`);
      this.#collect(library, rpath, found);
    }
    return true;
  }

  /** Adds a library that programs load by name, if there is one and if there are programs that load any. */
  addNamed(name: string): void {
    const dynamic = [...this.files.values()].some((it) => it.interpreter !== undefined);
    const found = dynamic ? this.find(name) : undefined;
    if (found !== undefined) this.add(found);
  }

  /** The file that a library's name stands for, or undefined. */
  find(name: string, folders: readonly string[] = []): string | undefined {
    if (name.includes("/")) return usable(name) ? name : undefined;
    const configured = folders.map((it) => join(it, name)).find(usable);
    if (configured !== undefined) return configured;
    const usual = defaultFolders.map((it) => join(it, name));
    const cached = this.#cache.get(name);
    if (cached === undefined || !usable(cached)) return usual.find(usable);
    this.needsCache ||= !usual.includes(cached);
    return cached;
  }
}

// A library of another architecture under the same name is passed over, as ld.so does; so is one that cannot be read.
function usable(path: string): boolean {
  try {
    return isFile(path) && readElf(path) !== undefined;
  } catch {
    return false;
  }
}

// ld.so(8), "Dynamic string tokens". $LIB and $PLATFORM stand for folders that the default ones cover.
function expand(folder: string, path: string): string[] {
  const expanded = folder.replaceAll(/\$(ORIGIN\b|\{ORIGIN\})/g, () => dirname(path));
  return expanded.includes("$") ? [] : [expanded];
}
