// A process in the file tree that the overlay layer has made, for tests of that layer alone: two stages, the namespaces and
// overlay layers (cgroups, if asked for), and a command of the image instead of a whole container. Takes a few milliseconds.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { O_CLOEXEC } from "../../src/abi/fcntl.ts";
import {
  defaultDevices,
  defaultMaskedPaths,
  defaultMounts,
  defaultReadonlyPaths,
} from "../../src/core/default-mounts.ts";
import { findFacts } from "../../src/core/find-facts.ts";
import type { Layer } from "../../src/core/layer.ts";
import { Construction, unwind } from "../../src/core/pipeline.ts";
import { type Mount, type NamespaceType, type Overlay, type Spec, setExtension } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { cgroups } from "../../src/layers/cgroups/index.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { overlay } from "../../src/layers/overlay/index.ts";
import type { Session, Stage } from "../../src/stage/stage.ts";
import { busyboxTest, makeRootfs } from "./rootfs.ts";
import { isRoot, skipUnless, type Test } from "./skip.ts";
import type { TestStages } from "./stages.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

/** For tests that make boxes. */
export const boxTest: Test = isRoot ? busyboxTest : skipUnless(false, "needs root");

export interface BoxOptions {
  /** Beside the default ones, after them. */
  readonly mounts?: readonly Mount[];
  readonly namespaces?: readonly NamespaceType[];
  /** The image's layers, topmost first, below the test's folder; `rootfs`, which has busybox, by default. */
  readonly lower?: readonly string[];
  /** The container's id, which names its folders; `box` by default. */
  readonly id?: string;
  /** Whatever else is different. */
  readonly change?: (spec: Spec, folder: string) => void;
  /** In a cgroup of its own, too. */
  readonly grouped?: boolean;
  /** Names of layers or parts that are left out. */
  readonly without?: readonly string[];
  /** Fills the folder of the image; with all of busybox's programs by default. */
  readonly image?: (rootfs: string) => unknown;
  /** Before anything of the box is made. */
  readonly prepare?: (folder: string, host: Stage) => unknown;
  /** After everything of it is taken back, and whether or not it could be made. */
  readonly afterwards?: (folder: string) => unknown;
}

export const allNamespaces: readonly NamespaceType[] = ["mount", "pid", "uts", "ipc", "network"];

/** Makes one, hands it to `body`, and takes it back. */
export async function inBox(
  stages: Pick<TestStages, "session" | "host">,
  options: BoxOptions,
  body: (box: Box) => Promise<void> | void,
): Promise<void> {
  const folder = temporaryFolder();
  const host = await stages.host();
  try {
    (options.image ?? makeRootfs)(join(folder, "rootfs"));
    await options.prepare?.(folder, host);
    const box = await Box.make(folder, { session: stages.session, host }, options);
    try {
      await box.build(options.grouped ? [namespaces, cgroups, overlay] : [namespaces, overlay]);
      await body(box);
    } finally {
      await box.remove();
    }
  } finally {
    await options.afterwards?.(folder);
    removeFolder(folder);
  }
}

export class Box {
  /** Removed at the end. `rootfs` in it is the image. */
  readonly folder: string;
  readonly context: Construction;
  readonly notices: string[];
  readonly #output: readonly [number, number];

  private constructor(folder: string, context: Construction, notices: string[], output: readonly [number, number]) {
    this.folder = folder;
    this.context = context;
    this.notices = notices;
    this.#output = output;
  }

  static async make(folder: string, on: { session: Session; host: Stage }, options: BoxOptions): Promise<Box> {
    const { session, host } = on;
    const paths = { state: join(folder, "state"), data: join(folder, "data") };
    mkdirSync(join(paths.state, "containers", options.id ?? "box"), { recursive: true });
    mkdirSync(paths.data, { recursive: true });
    const notices: string[] = [];
    const facts = findFacts(paths);
    const spec = specFor(folder, options);
    const notice = (text: string): void => void notices.push(text);
    const context = new Construction({ spec, facts, session, host, journal: () => {}, notice });
    const pipe = host.bytes(await host.pipe2(8, O_CLOEXEC)).slice();
    const [read = -1, write = -1] = new Int32Array(pipe.buffer);
    return new Box(folder, context, notices, [read, write]);
  }

  async build(layers: readonly Layer[]): Promise<void> {
    await this.context.build(layers);
    this.context.stage.flush();
    this.context.host.flush();
  }

  get stage(): Stage {
    return this.context.stage;
  }

  get pid(): number {
    return this.context.pid;
  }

  /** As the kernel shows it now. */
  get view(): View {
    return new View(this.pid);
  }

  get upper(): string {
    return join(this.scratch, "upper");
  }

  get scratch(): string {
    const { annotations } = this.context.spec;
    return (JSON.parse(annotations["minidocker.overlay"] ?? "{}") as Overlay).scratch;
  }

  get rootfs(): string {
    return join(this.folder, "rootfs");
  }

  /** Turns the stage into a command of the image's, and waits for it. */
  async run(...argv: readonly string[]): Promise<{ code: number; output: string }> {
    const { host } = this.context;
    const [read, write] = this.#output;
    await this.stage.dup3(write, 1, 0);
    await this.stage.dup3(write, 2, 0);
    await this.stage.execve(`/bin/${argv[0]}`, argv, ["PATH=/bin"]);
    this.stage.flush();
    await host.close(write);
    const pieces: Uint8Array[] = [];
    for (let size = 1; size > 0; ) {
      const piece = await host.read(read, 4096, 4096);
      size = host.value(piece);
      pieces.push(host.bytes(piece).slice(0, size));
    }
    const waited = host.bytes(await host.wait4(this.pid, 4, 0, 0)).slice(0, 4);
    const [status = 0] = new Int32Array(waited.buffer);
    return { code: (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f), output: `${Buffer.concat(pieces)}` };
  }

  /** A shell command; what it writes, without the last end of line. Throws an Error that holds it where it fails. */
  async sh(command: string): Promise<string> {
    const { code, output } = await this.run("sh", "-c", command);
    if (code !== 0) throw new Error(`sh -c ${JSON.stringify(command)} ended with ${code}: ${output}`);
    return output.trimEnd();
  }

  /** Takes back what was made, as `minidocker rm` would. */
  async remove(): Promise<void> {
    const { context } = this;
    context.host.discard();
    context.release();
    for (const fd of this.#output) await context.host.close(fd, { tolerate: [9] });
    await unwind(context.intents, [overlay, cgroups], context.host, context.facts);
    const left = context.intents.map(({ path }) => String(path)).filter((it) => existsSync(it));
    if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
  }
}

function specFor(folder: string, options: BoxOptions): Spec {
  const { namespaces: types = allNamespaces, mounts = [], lower = ["rootfs"], id = "box" } = options;
  const scratch = join(folder, "data/containers", id);
  const mapped = types.includes("user");
  const everyone = [{ containerID: 0, hostID: 0, size: 65_536 }];
  const spec: Spec = {
    ociVersion: "1.2.0",
    root: { path: `${scratch}/merged` },
    hostname: "box",
    process: { cwd: "/", env: [], args: ["true"], user: { uid: 0, gid: 0 } },
    mounts: [...defaultMounts(mapped), ...mounts],
    linux: {
      namespaces: types.map((type) => ({ type })),
      devices: [...defaultDevices],
      ...(options.grouped ? { cgroupsPath: `test-overlay-${process.pid}` } : {}),
      maskedPaths: defaultMaskedPaths(),
      readonlyPaths: [...defaultReadonlyPaths],
      ...(mapped ? { uidMappings: everyone, gidMappings: everyone } : {}),
    },
    annotations: {},
  };
  const layers: Overlay = { lower: lower.map((it) => join(folder, it)), scratch };
  setExtension(spec, "id", id);
  setExtension(spec, "overlay", layers);
  setExtension(spec, "network", { mode: "none", ports: [], dns: [], hosts: [] });
  setExtension(spec, "without", [...(options.without ?? [])]);
  options.change?.(spec, folder);
  return spec;
}
