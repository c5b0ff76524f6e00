// -v and --tmpfs: what is mounted in the container beside its root.

import { homedir } from "node:os";
import { join, normalize } from "node:path";
import { replaceableInProc } from "../../core/default-mounts.ts";
import { parseBytes } from "./memory.ts";
import { ValueError } from "./value.ts";

export interface Volume {
  /** `bind`: a file or folder of the host. `named`: a folder in minidocker's data. `anonymous`: one without a name, too. */
  readonly kind: "bind" | "named" | "anonymous";
  /** `bind`: an absolute path. `named`: the name. `anonymous`: "". */
  readonly source: string;
  readonly destination: string;
  readonly readonly: boolean;
  /** How mounts made later spread: mount_namespaces(7). */
  readonly propagation: "private" | "rprivate" | "slave" | "rslave" | "shared" | "rshared";
}

export interface Tmpfs {
  readonly destination: string;
  /** As mount(8) takes them. */
  readonly options: readonly string[];
}

const propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"] as const;
// Of no meaning here: SELinux labels, and hints for Docker on other systems.
const ignored = new Set(["z", "Z", "cached", "delegated", "consistent", "nocopy"]);

/** `SRC:DST`, `SRC:DST:ro`, `name:DST`, `DST`. A source that begins with `.` is relative to `cwd`. */
export function parseVolume(text: string, cwd: string): Volume {
  const parts = text.split(":");
  if (parts.length > 3)
    throw new ValueError("write SOURCE:DESTINATION[:OPTIONS]; a path with a colon in it cannot be given");
  const [source, destination, words] =
    parts.length === 1 ? ["", text, undefined] : (parts as [string, string, string?]);
  const chosen = words?.split(",") ?? [];
  const modes: string[] = chosen.filter((it) => it === "ro" || it === "rw");
  const spread = propagations.filter((it) => chosen.includes(it));
  const unknown = chosen.find(
    (it) => !modes.includes(it) && !(propagations as readonly string[]).includes(it) && !ignored.has(it),
  );
  if (unknown !== undefined)
    throw new ValueError(
      `no option of a volume is called ${JSON.stringify(unknown)}: there are ro, rw, ${propagations.join(", ")}`,
    );
  if (modes.length > 1 || spread.length > 1) throw new ValueError("options contradict each other");
  return {
    ...where(source, parts.length === 1, cwd),
    destination: checkDestination(destination),
    readonly: modes.includes("ro"),
    propagation: spread[0] ?? "rprivate",
  };
}

function where(source: string, none: boolean, cwd: string): Pick<Volume, "kind" | "source"> {
  if (none) return { kind: "anonymous", source: "" };
  if (source === "") throw new ValueError("the source is empty: for a volume without a name leave the colon out, too");
  if (source.startsWith("/")) return { kind: "bind", source: normalize(source) };
  if (/^\.{1,2}(\/|$)/.test(source)) return { kind: "bind", source: join(cwd, source) };
  if (source === "~" || source.startsWith("~/")) {
    throw new ValueError(`the shell has not replaced the ~: write ${join(homedir(), source.slice(1))}`);
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(source)) {
    throw new ValueError(
      `${JSON.stringify(source)} is no name for a volume (letters, digits, _ . -); for a folder write ./${source} or an absolute path`,
    );
  }
  return { kind: "named", source };
}

/** The path in the container, without `.` and `..`. */
export function checkDestination(text: string): string {
  if (!text.startsWith("/"))
    throw new ValueError(`the path in the container has to be absolute, not ${JSON.stringify(text)}`);
  const path = normalize(text).replace(/(.)\/$/, "$1");
  if (path === "/") throw new ValueError("nothing can be mounted over the container's root");
  if ((path === "/proc" || path.startsWith("/proc/")) && !replaceableInProc.test(path)) {
    throw new ValueError("nothing can be mounted over /proc: the container's protections rely on it (CVE-2019-16884)");
  }
  return path;
}

// tmpfs(5), mount(8). Docker's default for --tmpfs comes first; a later word replaces its opposite.
const tmpfsDefaults = ["nosuid", "nodev", "noexec"];
const tmpfsFlags = new Set([
  "rw",
  "ro",
  "exec",
  "suid",
  "dev",
  "atime",
  "noatime",
  "diratime",
  "nodiratime",
  "relatime",
  "norelatime",
  "strictatime",
  ...tmpfsDefaults,
]);
const tmpfsValues = /^(size|nr_blocks|nr_inodes|mode|uid|gid)=[0-9]+[kmg%]?$/i;

/** `/run`, `/run:rw,size=64m,mode=1777,exec`. */
export function parseTmpfs(text: string): Tmpfs {
  const colon = text.indexOf(":");
  const destination = checkDestination(colon < 0 ? text : text.slice(0, colon));
  const words =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(",")
          .filter(Boolean);
  let options = [...tmpfsDefaults];
  for (const word of words) {
    if (!tmpfsFlags.has(word) && !tmpfsValues.test(word))
      throw new ValueError(`no option of tmpfs is called ${JSON.stringify(word)}`);
    const name = word.split("=")[0] as string;
    options = options.filter((it) => it.split("=")[0] !== name && it !== opposite(name));
    options.push(word);
  }
  return { destination, options };
}

function opposite(name: string): string {
  if (name === "rw") return "ro";
  if (name === "ro") return "rw";
  return name.startsWith("no") && name !== "norelatime"
    ? name.slice(2)
    : name === "norelatime"
      ? "relatime"
      : `no${name}`;
}

/** --shm-size: bytes of /dev/shm; 0 is the default. */
export function parseShmSize(text: string): number | undefined {
  return parseBytes(text) || undefined;
}
