// What may stand in an attack's way, and how one tells from outside whether it does. Judged by what the kernel shows of a process,
// so any process can be judged.

import { capabilityMask } from "../abi/capability.ts";
import type { Check } from "../core/layer.ts";
import type { MountEntry, View } from "../core/view.ts";
import { layers } from "../layers/index.ts";
import { seccomp } from "../layers/seccomp/index.ts";

export interface Guard {
  readonly layer: string;
  /** Where it is the lack of a capability: which one. */
  readonly capability?: string;
  /** `yes`: it stands in the way of that process. `no`: it does not. */
  judge(view: View): Verdict;
}

export type Verdict = Pick<Check, "verdict" | "saw">;

/** One of the checks of `minidocker verify`, by its id: `namespaces.pid`. */
export function check(id: string): Guard {
  const layer = id.slice(0, id.indexOf("."));
  return {
    layer,
    judge(view) {
      const found = layers
        .find((it) => it.name === layer)
        ?.verify(view)
        .find((it) => it.id === id);
      return found ?? { verdict: "unknown", saw: `nothing tells about ${id}` };
    },
  };
}

/** The process lacks the capability over the namespaces that it is in. */
export function lacks(name: string): Guard {
  return { layer: "capabilities", capability: name, judge: (view) => judgeCapability(view, name) };
}

/** The process lacks the capability over the machine; one that it has in a user namespace of its own does not count. */
export function lacksOnHost(name: string): Guard {
  return {
    layer: "capabilities",
    capability: name,
    judge(view) {
      if (view.ownNamespace("user", view.host) === true)
        return { verdict: "yes", saw: "its capabilities are those of a user namespace of its own" };
      return judgeCapability(view, name);
    },
  };
}

function judgeCapability(view: View, name: string): Verdict {
  const mask = capabilityMask([name]);
  const holds = (set: string): boolean => (view.capabilities(set) & mask) !== 0n;
  if (holds("CapEff") || holds("CapPrm")) return { verdict: "no", saw: `${name} is in its permitted set` };
  if (!holds("CapBnd")) return { verdict: "yes", saw: `${name} is not even in its bounding set` };
  if (view.status("NoNewPrivs") === "1")
    return { verdict: "yes", saw: `it does not hold ${name}, and no program that it starts can bring it` };
  return {
    verdict: "unknown",
    saw: `it does not hold ${name} now, but its bounding set lets a setuid program bring it`,
  };
}

/** Something else is mounted over the path, or there is nothing: the file behind it cannot be read. */
export function masked(path: string): Guard {
  return {
    layer: "overlay",
    judge(view) {
      const found = mountOf(view, path);
      if (found === undefined) return { verdict: "yes", saw: `nothing is mounted where ${path} would be` };
      const covered = found.type !== "proc" && found.type !== "sysfs";
      const saw = `${path} is in ${found.point}, of type ${found.type}`;
      return { verdict: covered ? "yes" : "no", saw };
    },
  };
}

/** The path lies in a mount that is read-only, or is masked. */
export function readOnly(path: string): Guard {
  return {
    layer: "overlay",
    judge(view) {
      const found = mountOf(view, path);
      const hidden = masked(path).judge(view);
      if (found === undefined || (hidden.verdict === "yes" && !found.type.startsWith("cgroup"))) return hidden;
      const saw = `${path} is in ${found.point}, mounted ${found.options[0]}`;
      return { verdict: found.options.includes("ro") ? "yes" : "no", saw };
    },
  };
}

// The mount that is met last on the way to the path; the root does not count, as it is no proc or sysfs in any case.
function mountOf(view: View, path: string): MountEntry | undefined {
  const above = view.mounts.filter(({ point }) => point !== "/" && `${path}/`.startsWith(`${point}/`));
  return above.reduce<MountEntry | undefined>(
    (best, it) => (best === undefined || it.point.length >= best.point.length ? it : best),
    undefined,
  );
}

/** A filter of system calls. Which calls it refuses cannot be seen from outside. */
export const filtered: Guard = {
  layer: "seccomp",
  judge(view) {
    const found = seccomp.verify(view).find((it) => it.id === "seccomp.filter");
    if (found?.verdict !== "yes") return found ?? { verdict: "unknown", saw: "no check" };
    return { verdict: "unknown", saw: "a filter is loaded, and the kernel does not show which calls it refuses" };
  },
};
