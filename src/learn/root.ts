// Where the texts are that are read and not run: the lessons, and the sources that they quote.

import { dirname, join } from "node:path";

/** The folder with lessons/, src/ and native/: minidocker-text beside a release build, which has copies of them, else the repository. */
export function textRoot(): string {
  return Bun.isStandaloneExecutable
    ? join(dirname(process.execPath), "minidocker-text")
    : join(import.meta.dir, "../..");
}
