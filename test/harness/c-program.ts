// Programs for what no shell can do, compiled by the machine's C compiler and without shared libraries, so that they run in any
// root file system.

import { compiler } from "../../native/build.ts";
import { skipUnless } from "./skip.ts";

const cc = compiler();

/** A test that needs `compileStatic`, and root. */
export const compiledTest = skipUnless(process.getuid?.() === 0 && cc !== undefined, "needs root and a C compiler");

/** Writes the program to the file `into`. */
export function compileStatic(source: string, into: string): void {
  const command = [cc as string, "-std=gnu11", "-O1", "-static", "-Wall", "-Wextra", "-Werror", "-xc", "-", "-o", into];
  const built = Bun.spawnSync(command, { stdin: Buffer.from(source) });
  if (!built.success) throw new Error(`${into} is not compiled:\n${built.stderr}`);
}
