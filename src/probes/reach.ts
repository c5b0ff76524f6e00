// Two ways to a file of /proc, /sys or /dev: through what is mounted in the container, or through a mount that the attacker
// brings. The second one is in nobody's mount table (fsmount(2) leaves it detached) and goes with its descriptor, so it is
// harmless even where it succeeds.

import { parseDirectory } from "../abi/dirent.ts";
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../abi/fcntl.ts";
import { FSCONFIG_CMD_CREATE } from "../abi/mount.ts";
import type { Result } from "../stage/call.ts";
import type { Stage } from "../stage/stage.ts";
import { type Answer, ask, failed, invisible, inWords, succeeded } from "./attempt.ts";
import type { Observation } from "./probe.ts";

const kinds: readonly (readonly [prefix: string, type: string])[] = [
  ["/proc", "proc"],
  ["/sys/fs/cgroup", "cgroup2"],
  ["/sys", "sysfs"],
  ["/dev", "devtmpfs"],
];

export interface Aim {
  readonly path: string;
  /** The same file where the attacker mounts by himself, if it is called otherwise there. */
  readonly own?: string;
  readonly flags: number;
  /** What an opened file is good for, or undefined where it is not: a mask. */
  useful(stage: Stage, file: Result): Promise<string | undefined>;
}

/** Tries both ways, and tells what the better one of them came to. */
export async function reach(stage: Stage, { path, own, flags, useful }: Aim): Promise<Observation> {
  const how = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const there = await ask(stage, (it) => it.openat(AT_FDCWD, path, how, 0));
  const seen = there.ok ? await useful(stage, there.result) : undefined;
  if (seen !== undefined) return succeeded(seen);
  const mine = await openMine(stage, own ?? path, how);
  const brought = mine.ok ? await useful(stage, mine.result) : undefined;
  if (brought !== undefined) return succeeded(`through a mount of its own: ${brought}`);
  const second = mine.ok ? "" : `; to mount another: ${mine.errno}`;
  if (there.ok) return invisible(`${path} is empty${second}`);
  if (there.errno === "ENOENT") return invisible(`there is no ${path}${second}`);
  return failed(there.errno, `${inWords(there.errno)}${second}`);
}

/** The same file in a mount of the attacker's own. */
async function openMine(stage: Stage, path: string, flags: number): Promise<Answer> {
  const [prefix, type] = kinds.find(([it]) => path.startsWith(it)) as (typeof kinds)[number];
  const root = await mountDetached(stage, type);
  if (!root.ok) return root;
  return ask(stage, (it) => it.openat(root.result, path.slice(prefix.length + 1) || ".", flags, 0));
}

/** The root of a new mount that is in nobody's table. */
export async function mountDetached(stage: Stage, type: string): Promise<Answer> {
  const context = await ask(stage, (it) => it.fsopen(type, 0));
  if (!context.ok) return context;
  const made = await ask(stage, (it) => it.fsconfig(context.result, FSCONFIG_CMD_CREATE, null, null, 0));
  if (!made.ok) return made;
  return ask(stage, (it) => it.fsmount(context.result, 0, 0));
}

/** A folder in which files can be made: the container's, or memory that the attacker mounts. */
export async function writableFolder(
  stage: Stage,
): Promise<{ folder: Result | number; path: string } | { errno: string }> {
  const name = "/tmp/.minidocker-probe";
  const made = await ask(stage, (it) => it.openat(AT_FDCWD, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600));
  if (made.ok) {
    await stage.close(made.result);
    await stage.unlinkat(AT_FDCWD, name, 0);
    return { folder: AT_FDCWD, path: "/tmp/" };
  }
  const memory = await mountDetached(stage, "tmpfs");
  return memory.ok ? { folder: memory.result, path: "" } : { errno: made.errno };
}

/** The first bytes of an opened file as text, or undefined where it is empty. */
export async function contents(stage: Stage, file: Result): Promise<string | undefined> {
  const read = await ask(stage, (it) => it.read(file, 512, 512));
  if (!read.ok || read.value === 0) return undefined;
  const [line = ""] = new TextDecoder().decode(read.bytes.subarray(0, read.value)).split("\n");
  return `its first line is ${JSON.stringify(line.slice(0, 60))}`;
}

/** Names in an opened folder, or undefined where it is empty. */
export async function entries(stage: Stage, folder: Result): Promise<string | undefined> {
  const read = await ask(stage, (it) => it.getdents64(folder, 2048, 2048));
  if (!read.ok) return undefined;
  const names = parseDirectory(read.bytes.subarray(0, read.value)).map((it) => it.name);
  return names.length === 0 ? undefined : `it holds ${names.slice(0, 4).join(", ")}`;
}
