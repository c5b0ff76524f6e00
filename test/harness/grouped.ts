// A process in a cgroup that the layer itself has made, for tests of that layer alone: two stages, the namespaces and
// cgroups layers, and a shell instead of a container.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capabilityNames } from "../../src/abi/capability.ts";
import { Cgroup } from "../../src/core/cgroup.ts";
import { findCgroups } from "../../src/core/cgroup-facts.ts";
import type { CgroupFacts } from "../../src/core/facts.ts";
import { Construction, unwind } from "../../src/core/pipeline.ts";
import type { IdMapping, NamespaceType, Resources, Spec } from "../../src/core/spec.ts";
import { View } from "../../src/core/view.ts";
import { cgroups, JOIN } from "../../src/layers/cgroups/index.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import type { Session, Stage } from "../../src/stage/stage.ts";
import { killTree } from "./processes.ts";
import { waitUntil } from "./run.ts";
import type { TestStages } from "./stages.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

export interface GroupedOptions {
  readonly resources?: Resources;
  /** Namespaces of its own; the cgroup namespace by default. */
  readonly namespaces?: readonly NamespaceType[];
  /** linux.cgroupsPath; a name that no other test uses by default. */
  readonly path?: string;
  /** Instead of what this machine has. */
  readonly facts?: CgroupFacts;
  readonly rootless?: boolean;
  /** The folders of a cgroup that is to be joined as it is. */
  readonly join?: readonly string[];
}

let serial = 0;

/** Makes one, hands it to `body`, and takes it back. */
export async function inCgroup(
  stages: Pick<TestStages, "session" | "host">,
  options: GroupedOptions,
  body: (process: Grouped) => Promise<void> | void,
): Promise<void> {
  const folder = temporaryFolder();
  const grouped = new Grouped(construct({ session: stages.session, host: await stages.host() }, options), folder);
  try {
    await grouped.context.build([namespaces, cgroups]);
    grouped.context.host.flush();
    grouped.context.stage.flush();
    await body(grouped);
  } finally {
    grouped.context.host.discard();
    await grouped.remove().finally(() => grouped.end());
    removeFolder(folder);
  }
}

/** Everything that is needed for making one; nothing is made yet. */
export function construct(
  { session, host }: { readonly session: Session; readonly host: Stage },
  options: GroupedOptions,
): Construction {
  const context = new Construction({
    spec: specFor(options),
    facts: {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      rootless: options.rootless ?? false,
      kernel: { release: "", major: 0, minor: 0 },
      cgroup: options.facts ?? findCgroups(),
      subuids: [],
      subgids: [],
      tools: {},
      namespaces: new Set(),
      lastCapability: 40,
      capabilities: capabilityNames,
      bootId: "",
      stateDir: "",
      dataDir: "",
    },
    session,
    host,
    journal: () => {},
    notice: (text) => notices.push(text),
  });
  if (options.join !== undefined) JOIN.leave(context, options.join);
  return context;
}

/** What the layer has told its user since the tests began. */
export const notices: string[] = [];

function specFor({ resources, namespaces: types = ["cgroup"], path }: GroupedOptions): Spec {
  return {
    ociVersion: "1.2.0",
    root: { path: "/" },
    process: { cwd: "/", env: [], args: [], user: { uid: 0, gid: 0 } },
    mounts: [],
    linux: {
      namespaces: types.map((type) => ({ type })),
      ...(types.includes("user") ? { uidMappings: oneself(process.getuid), gidMappings: oneself(process.getgid) } : {}),
      cgroupsPath: path ?? `test-${process.pid}-${++serial}`,
      ...(resources === undefined ? {} : { resources }),
    },
    annotations: {},
  };
}

function oneself(id: (() => number) | undefined): IdMapping[] {
  return [{ containerID: 0, hostID: id?.() ?? 0, size: 1 }];
}

export class Grouped {
  readonly context: Construction;
  /** Removed at the end; the process may write there. */
  readonly folder: string;
  #ended: number | undefined;

  constructor(context: Construction, folder: string) {
    this.context = context;
    this.folder = folder;
    writeFileSync(join(folder, "output"), "");
  }

  get pid(): number {
    return this.context.pid;
  }

  /** As the kernel shows it now. */
  get view(): View {
    return new View(this.pid);
  }

  /** Its cgroup, from the intent that was written before it was made. */
  get cgroup(): Cgroup {
    return Cgroup.ofIntent(this.context.intents[0] ?? {});
  }

  /** A file of its cgroup, from whichever hierarchy has it. */
  file(name: string): string | undefined {
    const texts = [...this.cgroup.folders.keys()].map((hierarchy) => this.cgroup.read(hierarchy, name));
    return texts.find((it) => it !== undefined)?.trim();
  }

  /** What the process has written so far. */
  get output(): string {
    return readFileSync(join(this.folder, "output"), "utf8");
  }

  /** Turns the stage into a shell that runs the command; `$folder` is a folder that it may write to. */
  async start(command: string): Promise<void> {
    const { stage } = this.context;
    const redirected = `exec >${this.folder}/output 2>&1 </dev/null; ${command}`;
    const environment = [`folder=${this.folder}`, "PATH=/usr/bin:/bin:/usr/sbin:/sbin"];
    await stage.execve("/bin/sh", ["sh", "-c", redirected], environment);
    stage.flush();
  }

  /** Waits for the process to end: its exit code, or 128 + n where signal n ended it. */
  async exit(seconds = 30): Promise<number> {
    await waitUntil(
      async () => (await this.#reap()) !== undefined,
      seconds * 1000,
      () => `the process does not end; it has written: ${this.output}`,
    );
    const status = this.#ended as number;
    return (status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f);
  }

  async #reap(): Promise<number | undefined> {
    const { host } = this.context;
    const WNOHANG = 1;
    if (this.#ended !== undefined) return this.#ended;
    const waited = await host.wait4(this.pid, 4, WNOHANG, 0);
    if (host.value(waited) > 0) this.#ended = new DataView(host.bytes(waited).slice().buffer).getInt32(0, true);
    return this.#ended;
  }

  async run(command: string, seconds?: number): Promise<number> {
    await this.start(command);
    return this.exit(seconds);
  }

  /** Ends the process, whether or not its cgroup could be taken back. */
  end(): void {
    const started = this.#pid();
    this.context.release();
    if (started !== undefined) killTree(started);
  }

  #pid(): number | undefined {
    try {
      return this.context.pid;
    } catch {
      return undefined; // it was never made
    }
  }

  /** Takes the cgroup back, as `minidocker rm` would. May be called more than once. */
  async remove(): Promise<void> {
    const { context } = this;
    await unwind(context.intents, [cgroups], context.host, context.facts);
  }
}
