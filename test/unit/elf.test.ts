// What ELF files say about themselves, and which libraries that amounts to, held against binutils and glibc.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, realpathSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { compiler } from "../../native/build.ts";
import { readElf } from "../../src/images/elf.ts";
import { cachePath, Libraries, parseCache } from "../../src/images/libraries.ts";
import { skipUnless, withPrograms } from "../harness/skip.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => removeFolder(folder));

const shell = realpathSync("/bin/sh");
const output = (...argv: string[]): string => Bun.spawnSync(argv).stdout.toString();

withPrograms("readelf")("interpreter, libraries and search paths are those that readelf shows", () => {
  const libraries = Libraries.ofThisMachine();
  for (const it of ["sh", "bash", "ps", "mount", "git"].flatMap((name) => Bun.which(name) ?? [])) libraries.add(it);
  for (const path of libraries.files.keys()) {
    const text = output("readelf", "--wide", "--dynamic", "--program-headers", path);
    const values = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((it) => it[1] as string);
    expect({ path, ...readElf(path) }).toEqual({
      path,
      interpreter: values(/Requesting program interpreter: (.*)\]/g)[0],
      needed: values(/\(NEEDED\).*\[(.*)\]/g),
      rpath: values(/\(RPATH\).*\[(.*)\]/g).flatMap((it) => it.split(":")),
      runpath: values(/\(RUNPATH\).*\[(.*)\]/g).flatMap((it) => it.split(":")),
    });
  }
});

test("scripts, empty files, folders and programs of other machines are no ELF files of this one", () => {
  writeFileSync(`${folder}/script`, "#!/bin/sh\n");
  writeFileSync(`${folder}/empty`, "");
  for (const it of ["script", "empty"]) expect(readElf(`${folder}/${it}`)).toBe(undefined);
  expect(readElf(shell, process.arch === "arm64" ? "x64" : "arm64")).toBe(undefined);
});

test("cut off anywhere, an ELF file is refused or, past its tables, read; nothing else happens", () => {
  const copy = `${folder}/sh`;
  copyFileSync(shell, copy);
  const whole = readElf(shell);
  const outcomes = new Set<string>();
  for (let size = readFileSync(shell).length; size > 0; size = Math.floor(size * 0.93)) {
    truncateSync(copy, size);
    outcomes.add(outcome(copy, whole));
  }
  expect([...outcomes].toSorted()).toEqual(["damaged", "none", "whole"]);
});

function outcome(path: string, whole: unknown): string {
  try {
    const elf = readElf(path);
    return elf === undefined ? "none" : Bun.deepEquals(elf, whole) ? "whole" : "something else";
  } catch (error) {
    return (error as Error).message.includes("damaged ELF file") ? "damaged" : String(error);
  }
}

test("with any byte of its headers overwritten, an ELF file is read or refused as damaged", () => {
  const bytes = readFileSync(shell);
  const path = `${folder}/sh`;
  const unexpected: string[] = [];
  for (let at = 0; at < 64 + 56 * 12; at++) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const changed = Buffer.from(bytes.subarray(0, 200_000));
      changed[at] = value;
      writeFileSync(path, changed);
      const result = outcome(path, undefined);
      if (!["none", "damaged", "something else"].includes(result)) unexpected.push(`${at}: ${result}`);
    }
  }
  expect(unexpected).toEqual([]);
});

withPrograms("ldconfig")("the cache of ld.so has the paths that ldconfig -p prints for this architecture", () => {
  const wanted =
    process.arch === "arm64" ? /^\s*(\S+) \(libc6,AArch64\) => (.*)$/ : /^\s*(\S+) \(libc6,x86-64\) => (.*)$/;
  const rows = output("ldconfig", "-p")
    .split("\n")
    .flatMap((it) => [wanted.exec(it)?.slice(1) ?? []]);
  const printed = new Map(rows.filter((it) => it.length === 2).toReversed() as [string, string][]);
  expect(printed.size).toBeGreaterThan(10);
  expect(new Map([...parseCache(readFileSync(cachePath))].toSorted())).toEqual(new Map([...printed].toSorted()));
});

withPrograms("ldconfig")("a cache with the format of before glibc 2.32 in front of it has the same paths", () => {
  const current = readFileSync(cachePath);
  for (const count of [0, 1, 2]) {
    const old = Buffer.alloc(Math.ceil((16 + 12 * count) / 8) * 8);
    old.write("ld.so-1.7.0");
    old.writeUInt32LE(count, 12);
    expect(parseCache(Buffer.concat([old, current]))).toEqual(parseCache(current));
  }
});

test("a cache that is cut off, or something else, holds fewer paths or none", () => {
  expect(parseCache(Buffer.from("hello")).size).toBe(0);
  expect(parseCache(Buffer.alloc(0)).size).toBe(0);
  expect(parseCache(Buffer.from("glibc-ld.so.cache1.1")).size).toBe(0);
});

// glibc's own loader as the judge; the product never runs it.
const judge = readElf(shell)?.interpreter ?? "";
const glibc = skipUnless(basename(judge).startsWith("ld-linux"), "needs glibc");

glibc("the libraries of the machine's programs are those that glibc's loader would map", () => {
  for (const path of ["sh", "bash", "ps", "ip", "mount", "tar", "git"].flatMap((it) => Bun.which(it) ?? [])) {
    const libraries = Libraries.ofThisMachine();
    expect(libraries.add(realpathSync(path))).toBe(true);
    const mapped = output(judge, "--list", realpathSync(path)).matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm);
    const expected = [...mapped].map((it) => realpathSync(it[1] as string));
    const found = [...libraries.files.keys()].map((it) => realpathSync(it));
    expect({ path, found: new Set(found) }).toEqual({ path, found: new Set([...expected, realpathSync(path)]) });
  }
});

const cc = compiler();
const compiled = skipUnless(cc !== undefined, "needs a C compiler");

function compile(name: string, source: string, ...flags: string[]): string {
  writeFileSync(`${folder}/source.c`, source);
  const built = Bun.spawnSync([cc as string, "-o", `${folder}/${name}`, `${folder}/source.c`, ...flags]);
  if (!built.success) throw new Error(built.stderr.toString());
  return `${folder}/${name}`;
}

// main needs liba, and liba needs libb; how libb is found is what differs.
function chain(mainFlag: string, ownFlag: string): string {
  mkdirSync(`${folder}/lib`);
  compile("lib/libb.so", "int b(void) { return 7; }", "-shared", "-fPIC");
  const b = [`-L${folder}/lib`, "-lb"];
  compile(
    "lib/liba.so",
    "int b(void); int a(void) { return b(); }",
    "-shared",
    "-fPIC",
    ...b,
    ...(ownFlag ? [ownFlag] : []),
  );
  return compile(
    "main",
    "int a(void); int main(void) { return a(); }",
    `-L${folder}/lib`,
    "-la",
    "-Wl,--allow-shlib-undefined",
    mainFlag,
  );
}

compiled("a library next to the program is found through $ORIGIN in DT_RUNPATH", () => {
  const main = chain("-Wl,--enable-new-dtags,-rpath,$ORIGIN/lib", `-Wl,--enable-new-dtags,-rpath,${"$"}{ORIGIN}`);
  const libraries = Libraries.ofThisMachine();
  libraries.add(main);
  expect([...libraries.files.keys()]).toContain(`${folder}/lib/libb.so`);
  expect(libraries.needsCache).toBe(false);
  expect(Bun.spawnSync([main]).exitCode).toBe(7);
});

compiled("DT_RPATH of a program counts for what its libraries need, and DT_RUNPATH does not", () => {
  const main = chain("-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib", "");
  const libraries = Libraries.ofThisMachine();
  libraries.add(main);
  expect([...libraries.files.keys()]).toContain(`${folder}/lib/libb.so`);
  expect(Bun.spawnSync([main]).exitCode).toBe(7);
  removeFolder(`${folder}/lib`);
  const strict = chain("-Wl,--enable-new-dtags,-rpath,$ORIGIN/lib", "");
  expect(() => Libraries.ofThisMachine().add(strict)).toThrow(
    `${folder}/lib/liba.so needs the library libb.so, which is nowhere`,
  );
  expect(Bun.spawnSync([strict]).exitCode).toBe(127);
});

compiled("a program that has lost a library adds nothing", () => {
  const main = chain("-Wl,--enable-new-dtags,-rpath,$ORIGIN/lib", "");
  renameSync(`${folder}/lib/libb.so`, `${folder}/lib/gone`);
  const libraries = Libraries.ofThisMachine();
  expect(() => libraries.add(main)).toThrow("libb.so");
  expect(libraries.files.size).toBe(0);
});

compiled("a library that only the cache knows is found there, and the cache is then needed", () => {
  mkdirSync(`${folder}/lib`);
  compile("lib/libonly-cache.so", "int c(void) { return 0; }", "-shared", "-fPIC");
  const main = compile("main", "int c(void); int main(void) { return c(); }", `-L${folder}/lib`, "-lonly-cache");
  expect(() => Libraries.ofThisMachine().add(main)).toThrow("libonly-cache.so");
  const machine = parseCache(readFileSync(cachePath));
  const libraries = new Libraries(new Map([...machine, ["libonly-cache.so", `${folder}/lib/libonly-cache.so`]]));
  expect(libraries.add(main)).toBe(true);
  expect(libraries.needsCache).toBe(true);
});

compiled("a static program needs nothing", () => {
  const libraries = Libraries.ofThisMachine();
  const main = compile("main", "int main(void) { return 0; }", "-static");
  expect(libraries.add(main)).toBe(true);
  expect([...libraries.files.keys()]).toEqual([main]);
  libraries.addNamed("libnss_files.so.2");
  expect(libraries.files.size).toBe(1);
});
