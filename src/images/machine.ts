// Where this machine has its programs.

import { statSync } from "node:fs";

/** The distribution's folders come first, so that what a user has put in front of PATH does not end up in `base`. */
const usual = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

/** All files of that name, the one to prefer first. */
export function findPrograms(name: string): string[] {
  const searched = [...usual, ...(process.env["PATH"] ?? "").split(":").filter((it) => it.startsWith("/"))];
  return searched.map((it) => `${it}/${name}`).filter((it) => isFile(it));
}

export function findProgram(name: string): string | undefined {
  return findPrograms(name)[0];
}

/** Also false for what this user may not look at: root's PATH may have been left to others. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
