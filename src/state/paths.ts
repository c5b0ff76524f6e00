// Where minidocker keeps things. `state` describes what runs now and may be lost with a reboot; `data` is kept.
//
//   state   MINIDOCKER_STATE, or /run/minidocker for root, else $XDG_RUNTIME_DIR/minidocker,
//           /run/user/UID/minidocker, /tmp/minidocker-UID, whichever there is first
//     containers/ID/   state.json   what the container is and how it is (record.ts)
//                      config.json  its OCI configuration
//                      journal      how to take back what was made outside its process (journal.ts)
//     containers/.ID…/ a container that is not there yet, or no longer (reserve.ts)
//     names/NAME       a link to ../containers/ID
//
//   data    MINIDOCKER_DATA, or /var/lib/minidocker for root, else $XDG_DATA_HOME/minidocker, ~/.local/share/minidocker
//     base/            the image `base` (src/images/base.ts)
//     containers/ID/   a container's writable layer
//
// Both are 0700. For `data` this matters more than it seems: an ordinary user who could walk into a container's files
// could run the setuid programs in them (CVE-2021-41091).

import { existsSync, lstatSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { errnoOf, Refusal } from "./refusal.ts";

export interface Paths {
  readonly state: string;
  readonly data: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where both are for that user. Makes nothing. */
export function locatePaths(environment: Environment, uid: number): Paths {
  const { MINIDOCKER_STATE, MINIDOCKER_DATA } = environment;
  return {
    state: MINIDOCKER_STATE ? absolute(MINIDOCKER_STATE) : runtimeFolder(environment, uid),
    data: MINIDOCKER_DATA ? absolute(MINIDOCKER_DATA) : dataFolder(environment, uid),
  };
}

/** The paths of this process's user, without symbolic links; both folders exist afterwards and are ours alone. */
export function openPaths(environment: Environment = process.env): Paths {
  const uid = process.geteuid?.() ?? 0;
  const { state, data } = locatePaths(environment, uid);
  const paths = { state: claim(state, "MINIDOCKER_STATE", uid), data: claim(data, "MINIDOCKER_DATA", uid) };
  for (const it of ["containers", "names"]) mkdirSync(`${paths.state}/${it}`, { recursive: true, mode: 0o700 });
  return paths;
}

/** The same for who only looks: nothing is made, and what is not there is named as it would be. */
export function findPaths(environment: Environment = process.env): Paths {
  const uid = process.geteuid?.() ?? 0;
  const { state, data } = locatePaths(environment, uid);
  const found = (folder: string, variable: string): string =>
    existsSync(folder) ? claim(folder, variable, uid) : folder;
  return { state: found(state, "MINIDOCKER_STATE"), data: found(data, "MINIDOCKER_DATA") };
}

export function containerDir(paths: Paths, id: string): string {
  return `${paths.state}/containers/${id}`;
}

function runtimeFolder({ XDG_RUNTIME_DIR }: Environment, uid: number): string {
  if (uid === 0) return "/run/minidocker";
  const candidates = [XDG_RUNTIME_DIR ?? "", `/run/user/${uid}`];
  const found = candidates.find((it) => it.startsWith("/") && statSync(it, { throwIfNoEntry: false })?.uid === uid);
  return found === undefined ? `/tmp/minidocker-${uid}` : `${found}/minidocker`;
}

function dataFolder({ XDG_DATA_HOME, HOME }: Environment, uid: number): string {
  if (uid === 0) return "/var/lib/minidocker";
  if (XDG_DATA_HOME?.startsWith("/")) return `${XDG_DATA_HOME}/minidocker`;
  if (!HOME) throw new Refusal("HOME is not set: set it, or MINIDOCKER_DATA, to a folder of your own");
  return `${HOME}/.local/share/minidocker`;
}

// node:path would do this, too, but takes a millisecond to load.
function absolute(path: string): string {
  return path.startsWith("/") ? path : `${process.cwd()}/${path}`;
}

// Somebody else may have made the folder first, in /tmp above all, to read our files or to plant theirs. A link is fine
// if it is ours: a data folder is often moved to a larger disk that way.
function claim(folder: string, variable: string, uid: number): string {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) make(folder, variable);
  const otherwise = `set ${variable} to a folder of your own`;
  for (const found of [lstatSync(folder), statSync(folder, { throwIfNoEntry: false })]) {
    if (found !== undefined && found.uid !== uid) {
      throw new Refusal(`${folder} belongs to uid ${found.uid}, and this is uid ${uid}: ${otherwise}`);
    }
    if (found?.isSymbolicLink()) continue;
    if (!found?.isDirectory()) throw new Refusal(`${folder} is not a folder: ${otherwise}`);
    if ((found.mode & 0o022) !== 0) throw new Refusal(`others may write to ${folder}: chmod 700 it, or ${otherwise}`);
  }
  return realpathSync(folder);
}

function make(folder: string, variable: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Refusal(`${folder} cannot be made (${errnoOf(error)}): set ${variable} to a folder of your own`);
  }
}
