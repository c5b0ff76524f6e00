// A small root file system for tests: Debian's static busybox, with a name for each of its programs.

import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { skipUnless, type Test } from "./skip.ts";

const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((it) => existsSync(it));

/** For tests that need a root file system. */
export const busyboxTest: Test = skipUnless(busybox !== undefined, "needs busybox (Debian: busybox-static)");

/** Fills the folder (made if need be) and returns it. Takes about 10 ms. */
export function makeRootfs(folder: string): string {
  if (busybox === undefined) throw new Error("no busybox: install Debian's busybox-static");
  for (const it of ["bin", "dev", "etc", "home", "proc", "root", "sys", "usr/bin", "var"]) {
    mkdirSync(join(folder, it), { recursive: true });
  }
  mkdirSync(join(folder, "tmp"), { recursive: true, mode: 0o1777 });
  copyFileSync(busybox, join(folder, "bin/busybox"));
  const { stdout } = Bun.spawnSync([busybox, "--list"]);
  for (const name of stdout
    .toString()
    .split("\n")
    .filter((it) => it !== "" && it !== "busybox")) {
    symlinkSync("busybox", join(folder, "bin", name));
  }
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nalice:x:1234:1234::/home:/bin/sh\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\nalice:x:1234:\nwheel:x:10:alice\n");
  return folder;
}
