// State and data folders for tests, fresh in each of them.

import { afterEach, beforeEach } from "bun:test";
import { mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPaths, type Paths } from "../../src/state/paths.ts";
import { removeFolder, temporaryPrefix } from "./temporary.ts";

let count = 0;

/** Call at the top of a test file. In each test, `folder` is new, and empty apart from the folders of `paths`. */
export function ownPaths(): { readonly folder: string; readonly paths: Paths } {
  const folder = join(realpathSync(tmpdir()), `${temporaryPrefix}${process.pid}-paths${++count}`);
  const paths = { state: `${folder}/state`, data: `${folder}/data` };
  beforeEach(() => {
    mkdirSync(folder);
    openPaths({ MINIDOCKER_STATE: paths.state, MINIDOCKER_DATA: paths.data });
  });
  afterEach(() => removeFolder(folder));
  return { folder, paths };
}
