// Temporary folders. Their names carry the pid of the test process, so that nobody takes another run's for a leak.

import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const temporaryPrefix = "minidocker-test-";

/** A new empty folder, mode 0755, below the system's temporary folder. Whoever asks for it removes it. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), `${temporaryPrefix}${process.pid}-`));
  chmodSync(path, 0o755);
  return path;
}

/**
 * Removes a folder of ours with all that is in it. Refuses while something is mounted below it, because removing would
 * then reach through the mount.
 */
export function removeFolder(path: string, mountinfo = "/proc/self/mountinfo"): void {
  const below = readFileSync(mountinfo, "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point === path || point.startsWith(`${path}/`));
  if (below.length > 0) throw new Error(`${path} is not removed: still mounted: ${below.join(", ")}`);
  rmSync(path, { recursive: true, force: true });
}
