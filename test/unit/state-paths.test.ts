// Where state and data are, for whom, and that nobody else can have prepared the place.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { locatePaths, openPaths } from "../../src/state/paths.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => removeFolder(folder));

const home = { HOME: "/home/a" };
const nobody = 4_000_000; // has no /run/user folder
const uid = process.geteuid?.() ?? 0;

test("root's are in /run and /var/lib, wherever its environment points", () => {
  const paths = { state: "/run/minidocker", data: "/var/lib/minidocker" };
  expect(locatePaths({}, 0)).toEqual(paths);
  expect(locatePaths({ XDG_RUNTIME_DIR: "/run/user/1000", XDG_DATA_HOME: "/home/a", HOME: "/home/a" }, 0)).toEqual(
    paths,
  );
});

test("an ordinary user's data follow XDG_DATA_HOME, else HOME", () => {
  expect(locatePaths({ HOME: "/home/a" }, nobody).data).toBe("/home/a/.local/share/minidocker");
  expect(locatePaths({ HOME: "/home/a", XDG_DATA_HOME: "/d" }, nobody).data).toBe("/d/minidocker");
  expect(locatePaths({ HOME: "/home/a", XDG_DATA_HOME: "relative" }, nobody).data).toBe(
    "/home/a/.local/share/minidocker",
  );
});

test("an ordinary user without a home folder is asked for one", () => {
  expect(() => locatePaths({}, nobody)).toThrow("HOME is not set: set it, or MINIDOCKER_DATA, to a folder of your own");
});

test("an ordinary user's state follows XDG_RUNTIME_DIR if it is theirs, else is in /tmp under their uid", () => {
  expect(locatePaths({ ...home, XDG_RUNTIME_DIR: folder }, uid === 0 ? nobody : uid).state).toBe(
    uid === 0 ? `/tmp/minidocker-${nobody}` : `${folder}/minidocker`,
  );
  expect(locatePaths({ ...home, XDG_RUNTIME_DIR: "/nonexistent" }, nobody).state).toBe(`/tmp/minidocker-${nobody}`);
  expect(locatePaths({ ...home, XDG_RUNTIME_DIR: "relative" }, nobody).state).toBe(`/tmp/minidocker-${nobody}`);
});

test("MINIDOCKER_STATE and MINIDOCKER_DATA override all that, and may be relative", () => {
  const environment = { MINIDOCKER_STATE: "s", MINIDOCKER_DATA: "/d" };
  expect(locatePaths(environment, 0)).toEqual({ state: `${process.cwd()}/s`, data: "/d" });
  expect(locatePaths({ MINIDOCKER_STATE: "", MINIDOCKER_DATA: "" }, 0).state).toBe("/run/minidocker");
});

const environment = () => ({ MINIDOCKER_STATE: `${folder}/a/state`, MINIDOCKER_DATA: `${folder}/b/data` });

test("both folders are made, with those in between, for their owner alone", () => {
  const paths = openPaths(environment());
  expect([paths.state, paths.data].map((it) => statSync(it).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(readdirSync(paths.state).toSorted()).toEqual(["containers", "names"]);
  expect(openPaths(environment())).toEqual(paths);
});

test("a folder that others may write to is refused", () => {
  mkdirSync(`${folder}/a/state`, { recursive: true });
  for (const mode of [0o770, 0o702, 0o1777]) {
    chmodSync(`${folder}/a/state`, mode);
    expect(() => openPaths(environment())).toThrow(
      `others may write to ${folder}/a/state: chmod 700 it, or set MINIDOCKER_STATE`,
    );
  }
});

test("a file in the place of a folder, and a link that leads nowhere, are refused", () => {
  mkdirSync(`${folder}/b`);
  writeFileSync(`${folder}/b/data`, "");
  expect(() => openPaths(environment())).toThrow(`${folder}/b/data is not a folder: set MINIDOCKER_DATA`);
  symlinkSync(`${folder}/nowhere`, `${folder}/link`);
  const linked = { ...environment(), MINIDOCKER_STATE: `${folder}/link` };
  expect(() => openPaths(linked)).toThrow(`${folder}/link is not a folder: set MINIDOCKER_STATE`);
});

test("a link of one's own is followed, once", () => {
  mkdirSync(`${folder}/large-disk`, { mode: 0o700 });
  symlinkSync(`${folder}/large-disk`, `${folder}/link`);
  const paths = openPaths({ ...environment(), MINIDOCKER_DATA: `${folder}/link` });
  expect(paths.data).toBe(`${folder}/large-disk`);
});

test("a folder that cannot be made is an error that names it and the way out", () => {
  const impossible = { ...environment(), MINIDOCKER_STATE: "/proc/minidocker" };
  expect(() => openPaths(impossible)).toThrow(
    "/proc/minidocker cannot be made (ENOENT): set MINIDOCKER_STATE to a folder of your own",
  );
});
