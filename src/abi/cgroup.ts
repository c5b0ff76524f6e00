// Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/*.rst: how the files of control groups are spelt and read.

/** The name of a hierarchy without controllers of its own to tell it by: cgroup v2's single tree. */
export const UNIFIED = "unified";

/** The v2 controller that a file belongs to: `memory` for `memory.max`; `cgroup` for the core's own files. */
export function controllerOf(file: string): string {
  return file.slice(0, file.indexOf("."));
}

/** A "flat keyed" file (memory.events, cpu.stat): name → number. Lines of another form are left out. */
export function parseFlatKeyed(text: string): ReadonlyMap<string, number> {
  const rows = text.split("\n").map((line) => line.split(" "));
  return new Map(rows.filter((it) => it.length === 2).map(([name, value]) => [name as string, Number(value)]));
}

/**
 * A limit as v1 or v2 shows it, undefined where it is no limit: `max`, -1, or v1's largest number of whole pages,
 * which is how memory.limit_in_bytes shows that nothing was set.
 */
export function parseLimit(text: string): number | undefined {
  const word = text.trim();
  const value = Number(word);
  return word === "max" || word === "" || value < 0 || value >= 2 ** 62 ? undefined : value;
}

/** One row of /proc/PID/cgroup: the hierarchy's controllers (empty for v2) and the path in it. */
export interface Membership {
  readonly controllers: readonly string[];
  readonly path: string;
}

/** /proc/PID/cgroup: proc_pid_cgroup(5). Named v1 hierarchies without a controller are called `name=systemd`. */
export function parseMemberships(text: string): Membership[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((row) => {
      const [, controllers = "", ...path] = row.split(":");
      return { controllers: controllers.split(",").filter(Boolean), path: path.join(":") };
    });
}
