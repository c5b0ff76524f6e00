// What is compared: minidocker as it is released and from source, runc, and crun, each making the same container.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "../src/core/spec.ts";

const repository = join(import.meta.dir, "..");

export interface Contender {
  readonly name: string;
  readonly argv: readonly string[];
  /** Only contenders with the same set of layers are compared with each other. */
  readonly layers: "all" | "no cgroups" | "none";
}

export const release = [join(repository, "dist/minidocker")];
export const source = [process.execPath, join(repository, "src/main.ts")];
const program = "/bin/true";

/** Throws what the program has printed when it fails. */
export function succeed(argv: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([...argv], { stdio: ["ignore", "ignore", "pipe"] });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: exit code ${exitCode}: ${stderr.toString().trim()}`);
}

/** `folder` is for bundles and the runtimes' state; `rootfs` is a folder with /bin/true and /bin/sleep. */
export async function contenders(folder: string, rootfs: string): Promise<Contender[]> {
  const run = ["run", "--rm", "--network", "none"];
  const config = await configuration(rootfs);
  const all = bundle(join(folder, "bundle"), config, rootfs);
  const less = bundle(join(folder, "bundle-no-cgroups"), withoutCgroups(config), rootfs);
  const installed = ["runc", "crun"].filter((it) => Bun.which(it) !== null);
  return [
    { name: "minidocker version", argv: [...release, "version"], layers: "none" },
    { name: "minidocker", argv: [...release, ...run, rootfs, program], layers: "all" },
    { name: "minidocker, from source", argv: [...source, ...run, rootfs, program], layers: "all" },
    ...installed.map((it) => ociRuntime(it, "all", folder, all)),
    { name: "minidocker", argv: [...release, ...run, "--layers=-cgroups", rootfs, program], layers: "no cgroups" },
    // runc cannot do without
    ...installed.filter((it) => it === "crun").map((it) => ociRuntime(it, "no cgroups", folder, less)),
  ];
}

function ociRuntime(name: string, layers: Contender["layers"], folder: string, bundle: string): Contender {
  const manager = layers === "all" ? "cgroupfs" : "disabled";
  const options = ["--root", join(folder, name), ...(name === "crun" ? [`--cgroup-manager=${manager}`] : [])];
  return { name, layers, argv: [name, ...options, "run", "--bundle", bundle, `minidocker-bench-${process.pid}`] };
}

/** The configuration that minidocker itself has written for a container which is running now. */
async function configuration(rootfs: string): Promise<Spec> {
  const state = join(process.env["MINIDOCKER_STATE"] ?? "", "containers");
  return whileRunning(rootfs, () => {
    const [id = ""] = readdirSync(state);
    return JSON.parse(readFileSync(join(state, id, "config.json"), "utf8")) as Spec;
  });
}

/** Calls `look` with the pid of minidocker while a container of its sleeps. */
export async function whileRunning<T>(rootfs: string, look: (pid: number) => T): Promise<T> {
  const argv = [...release, "run", "--rm", "--network", "none", rootfs, "/bin/sh", "-c", "echo up; read -r _"];
  const child = Bun.spawn(argv.toSpliced(2, 0, "-i"), { stdio: ["pipe", "pipe", "inherit"] });
  const reader = child.stdout.getReader();
  try {
    if ((await reader.read()).done) throw new Error("the container did not start");
    return look(child.pid);
  } finally {
    await child.stdin.end();
    await child.exited;
  }
}

// The others know no overlay: their root is the folder itself, bound. Nor do these versions make a time namespace.
function bundle(at: string, config: Spec, rootfs: string): string {
  const { annotations: _, ...spec } = structuredClone(config);
  spec.ociVersion = "1.0.2";
  spec.root = { path: rootfs };
  spec.process.args = [program];
  spec.linux.namespaces = spec.linux.namespaces.filter((it) => it.type !== "time");
  if (spec.linux.cgroupsPath !== undefined) spec.linux.cgroupsPath = `/minidocker-bench-${process.pid}`;
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "config.json"), JSON.stringify(spec));
  return at;
}

function withoutCgroups(config: Spec): Spec {
  const { cgroupsPath: _, resources: __, ...linux } = config.linux;
  const namespaces = linux.namespaces.filter((it) => it.type !== "cgroup");
  const mounts = config.mounts.filter((it) => it.type !== "cgroup");
  return { ...config, mounts, linux: { ...linux, namespaces } };
}
