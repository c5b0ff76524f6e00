// What a program says about itself in its ELF headers: which interpreter starts it, which libraries that one must load,
// and where to look for them. elf(5); System V ABI, chapters 4 and 5. The file is only read. ldd(1) would *run* it, or
// its interpreter.

import { closeSync, openSync, readSync } from "node:fs";
import { Struct } from "../abi/struct.ts";

const header = new Struct("Elf64_Ehdr", {
  ident: ["u8", 16],
  type: "u16",
  machine: "u16",
  version: "u32",
  entry: "u64",
  phoff: "u64",
  shoff: "u64",
  flags: "u32",
  ehsize: "u16",
  phentsize: "u16",
  phnum: "u16",
  shentsize: "u16",
  shnum: "u16",
  shstrndx: "u16",
});

const programHeader = new Struct("Elf64_Phdr", {
  type: "u32",
  flags: "u32",
  offset: "u64",
  vaddr: "u64",
  paddr: "u64",
  filesz: "u64",
  memsz: "u64",
  align: "u64",
});

const dynamicEntry = new Struct("Elf64_Dyn", { tag: "i64", value: "u64" });

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_STRSZ = 10n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;
const EM_X86_64 = 62;
const EM_AARCH64 = 183;

/** Sections that we read are far smaller than this; a damaged header may say anything. */
const SECTION_MAX = 16 * 1024 * 1024;

export interface Elf {
  /** Absolute path of the program that loads this one; undefined for libraries and static programs. */
  readonly interpreter: string | undefined;
  /** Names of libraries, in the order in which they are searched for symbols. */
  readonly needed: readonly string[];
  /**
   * Folders to search, with $ORIGIN and the like unexpanded. `rpath` also counts for what this file loads, `runpath`
   * does not.
   */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
}

/** Undefined for anything but a 64-bit ELF file for this machine. Throws an Error for one that contradicts itself. */
export function readElf(path: string, arch: string = process.arch): Elf | undefined {
  const fd = openSync(path, "r");
  try {
    return parse(new ElfFile(fd, path), arch === "arm64" ? EM_AARCH64 : EM_X86_64);
  } finally {
    closeSync(fd);
  }
}

class ElfFile {
  readonly #fd: number;
  readonly #path: string;

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
  }

  /** Up to `size` bytes. */
  some(size: number, at: number): DataView {
    const bytes = new Uint8Array(size);
    return new DataView(bytes.buffer, 0, readSync(this.#fd, bytes, 0, size, at));
  }

  /** Exactly that part. Throws an Error where the file is too short for it. */
  part(at: bigint, size: bigint): DataView {
    if (at < 0 || at > Number.MAX_SAFE_INTEGER || size > SECTION_MAX) throw this.damaged("a part lies outside");
    const view = this.some(Number(size), Number(at));
    if (view.byteLength < size) throw this.damaged("cut short");
    return view;
  }

  damaged(how: string): Error {
    return new Error(`${this.#path}: damaged ELF file: ${how}`);
  }
}

function parse(file: ElfFile, machine: number): Elf | undefined {
  const start = file.some(header.size, 0);
  if (start.byteLength < header.size || start.getUint32(0) !== 0x7f454c46) return undefined;
  const found = header.decode(start);
  if (found.ident[4] !== ELFCLASS64 || found.ident[5] !== ELFDATA2LSB || found.machine !== machine) return undefined;
  const table = file.part(found.phoff, BigInt(found.phnum * programHeader.size));
  const segments = Array.from({ length: found.phnum }, (_, i) => programHeader.decode(table, i * programHeader.size));
  const interp = segments.find((it) => it.type === PT_INTERP);
  const dynamic = segments.find((it) => it.type === PT_DYNAMIC);
  const interpreter = interp && stringAt(file, file.part(interp.offset, interp.filesz), 0n);
  if (dynamic === undefined) return { interpreter, needed: [], rpath: [], runpath: [] };
  return { interpreter, ...libraries(file, file.part(dynamic.offset, dynamic.filesz), segments) };
}

type Segment = ReturnType<typeof programHeader.decode>;

function libraries(file: ElfFile, dynamic: DataView, segments: readonly Segment[]): Omit<Elf, "interpreter"> {
  const count = Math.floor(dynamic.byteLength / dynamicEntry.size);
  const entries = Array.from({ length: count }, (_, i) => dynamicEntry.decode(dynamic, i * dynamicEntry.size));
  const end = entries.findIndex((it) => it.tag === 0n);
  const valid = end < 0 ? entries : entries.slice(0, end);
  const address = valid.find((it) => it.tag === DT_STRTAB)?.value;
  const size = valid.find((it) => it.tag === DT_STRSZ)?.value;
  if (address === undefined || size === undefined) return { needed: [], rpath: [], runpath: [] };
  const strings = file.part(offsetOf(file, address, segments), size);
  const all = (tag: bigint): string[] =>
    valid.filter((it) => it.tag === tag).map((it) => stringAt(file, strings, it.value));
  const folders = (tag: bigint): string[] => all(tag).flatMap((it) => it.split(":").filter((folder) => folder !== ""));
  return { needed: all(DT_NEEDED), rpath: folders(DT_RPATH), runpath: folders(DT_RUNPATH) };
}

// The dynamic section speaks of addresses in memory; the loaded segments say where in the file those are.
function offsetOf(file: ElfFile, address: bigint, segments: readonly Segment[]): bigint {
  const segment = segments.find((it) => it.type === PT_LOAD && address >= it.vaddr && address < it.vaddr + it.filesz);
  if (segment === undefined) throw file.damaged("the string table is in no segment");
  return address - segment.vaddr + segment.offset;
}

function stringAt(file: ElfFile, view: DataView, at: bigint): string {
  if (at >= view.byteLength) throw file.damaged("a name lies outside");
  const bytes = new Uint8Array(view.buffer, view.byteOffset + Number(at), view.byteLength - Number(at));
  const end = bytes.indexOf(0);
  if (end < 0) throw file.damaged("a name without an end");
  return new TextDecoder().decode(bytes.subarray(0, end));
}
