// The release build, as `bun run build` makes it, in a folder of the test's own.

import { afterAll } from "bun:test";
import { join } from "node:path";
import { removeFolder, temporaryFolder } from "./temporary.ts";

const repository = join(import.meta.dir, "../..");

/** What builds it when it is first asked for, and tells the folder. It goes away with the tests of the file. */
export function releaseBuild(): () => string {
  let folder: string | undefined;
  afterAll(() => {
    if (folder !== undefined) removeFolder(folder);
  });
  return () => {
    folder ??= build();
    return folder;
  };
}

function build(): string {
  const folder = temporaryFolder();
  const built = Bun.spawnSync([process.execPath, join(repository, "scripts/build.ts"), folder]);
  if (!built.success) throw new Error(`the release build failed:\n${built.stdout}${built.stderr}`);
  return folder;
}
