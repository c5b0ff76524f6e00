// What is compared: programs that start a container and wait for its end, each with the same protections.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../scripts/compile.ts";
import type { Spec } from "../src/core/spec.ts";

const repository = join(import.meta.dir, "..");

export interface Subject {
  readonly name: string;
  /** Starts a container that ends at once, and removes it. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Bench {
  /** A folder of our own, for state, bundles and the root file system. */
  readonly folder: string;
  /** Another, for what we compile. */
  readonly programs: string;
  readonly rootfs: string;
  readonly options: readonly string[];
}

export const RELEASE = "minidocker, release build";

/** crun and runc where they are installed, then what Bun alone takes, and both minidockers. */
export async function subjects(bench: Bench): Promise<Subject[]> {
  const release = join(bench.programs, "minidocker");
  build(bench.programs);
  const spec = specOf(bench, [release]);
  return [
    ...["crun", "runc"].filter((it) => Bun.which(it) !== null).map((it) => runtime(bench, it, spec)),
    await nothing(bench),
    minidocker(bench, RELEASE, [release]),
    minidocker(bench, "minidocker, from source", [process.execPath, join(repository, "src/main.ts")]),
  ];
}

function build(into: string): void {
  const { success, stderr } = Bun.spawnSync([process.execPath, join(repository, "scripts/build.ts"), into]);
  if (!success) throw new Error(`the release build failed: ${stderr}`);
}

async function nothing({ folder, programs }: Bench): Promise<Subject> {
  const [source, program] = [join(folder, "nothing.ts"), join(programs, "nothing")];
  writeFileSync(source, "process.exit(0);\n");
  if (!(await compile(source, program))) throw new Error("an empty program cannot be compiled");
  return { name: "an empty program, release build", command: [program], cwd: folder, env: {} };
}

export function environment({ folder }: Bench): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    MINIDOCKER_STATE: join(folder, "state"),
    MINIDOCKER_DATA: join(folder, "data"),
  };
}

function minidocker(bench: Bench, name: string, program: readonly string[]): Subject {
  const command = [...program, "run", "--rm", ...bench.options, bench.rootfs, "/bin/true"];
  return { name, command, cwd: bench.folder, env: environment(bench) };
}

/** The configuration of such a container, as minidocker itself has written it down. */
function specOf(bench: Bench, program: readonly string[]): Spec {
  const env = environment(bench);
  const command = [...program, "run", "--name", "bench", ...bench.options, bench.rootfs, "/bin/true"];
  const { exitCode, stderr } = Bun.spawnSync(command, { env });
  if (exitCode !== 0) throw new Error(`minidocker run failed: ${stderr}`);
  const containers = join(bench.folder, "state/containers");
  const [id] = readdirSync(containers);
  const spec = JSON.parse(readFileSync(join(containers, id as string, "config.json"), "utf8")) as Spec;
  Bun.spawnSync([...program, "rm", "bench"], { env });
  return spec;
}

/** The same as a bundle. The root file system is a copy, for neither runtime makes an overlay of it. */
function runtime({ folder, rootfs }: Bench, name: string, spec: Spec): Subject {
  const bundle = join(folder, `bundle-${name}`);
  const id = `minidocker-bench-${name}`;
  mkdirSync(bundle, { recursive: true });
  cpSync(rootfs, join(bundle, "rootfs"), { recursive: true, verbatimSymlinks: true });
  const config = {
    ...spec,
    ociVersion: "1.0.2",
    root: { path: "rootfs" },
    annotations: {},
    mounts: spec.mounts.filter((it) => it.type !== "bind"),
    linux: {
      ...spec.linux,
      cgroupsPath: `/${id}`,
      // neither of the versions that distributions have knows time namespaces
      namespaces: spec.linux.namespaces.filter((it) => it.type !== "time"),
    },
  };
  writeFileSync(join(bundle, "config.json"), JSON.stringify(config));
  const manager = name === "crun" ? ["--cgroup-manager=cgroupfs"] : [];
  const command = [name, "--root", join(folder, `root-${name}`), ...manager, "run", id];
  return { name: version(name), command, cwd: bundle, env: { PATH: process.env["PATH"] ?? "" } };
}

/** `crun 1.8.1`, from the first line of what it says about itself. */
function version(program: string): string {
  const said = Bun.spawnSync([program, "--version"]).stdout.toString();
  return `${program} ${/version (\S+)/.exec(said)?.[1] ?? ""}`.trim();
}

export function removeAll({ folder, programs }: Bench): void {
  for (const it of [folder, programs]) rmSync(it, { recursive: true, force: true });
}
