// Two machines for tests of the network layer: network namespaces joined by a cable. `host` is where containers are
// made; `neighbour` stands for anybody else on the network. The real machine's network is not touched.
//
//   container ─ bridge ─ host 192.0.2.2, 192.0.2.22 ─── 192.0.2.3 neighbour

import { afterAll, beforeAll } from "bun:test";
import { mkdirSync } from "node:fs";
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from "../../src/abi/fcntl.ts";
import { CLONE_NEWNET } from "../../src/abi/sched.ts";
import type { Facts } from "../../src/core/facts.ts";
import { findFacts } from "../../src/core/find-facts.ts";
import { Construction, unwind } from "../../src/core/pipeline.ts";
import { type Network, type Spec, setExtension } from "../../src/core/spec.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { network } from "../../src/layers/network/index.ts";
import { type Launched, launch } from "../../src/stage/launch.ts";
import { Session, type Stage } from "../../src/stage/stage.ts";
import { isRoot } from "./skip.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

export const HOST = "192.0.2.2";
/** A second address of the host's. */
export const HOST_TOO = "192.0.2.22";
export const NEIGHBOUR = "192.0.2.3";

export interface ContainerOptions extends Partial<Network> {
  readonly name?: string;
  readonly hostname?: string;
  /** Other folders than the world's: another minidocker on the same host. */
  readonly state?: string;
}

/**
 * A container with the layers namespaces (network and UTS only) and network, in which nothing runs but its init stage.
 */
export class NetworkContainer {
  readonly id: string;
  readonly notices: string[] = [];
  readonly built: Construction;
  readonly #launched: Launched;
  readonly #facts: Facts;

  constructor(spec: Spec, id: string, launched: Launched, session: Session, facts: Facts) {
    this.id = id;
    this.#launched = launched;
    this.#facts = facts;
    const notice = (text: string): void => void this.notices.push(text);
    this.built = new Construction({ spec, facts, session, host: launched.stage, journal: () => {}, notice });
  }

  get pid(): number {
    return this.built.pid;
  }

  get address(): string {
    return String(this.built.intents.findLast((it) => it.kind === "address")?.["address"]);
  }

  get hostsFile(): string {
    return `${this.#facts.stateDir}/containers/${this.id}/etc/hosts`;
  }

  /** The output of a shell command inside; throws what it says when it fails. */
  sh(command: string): string {
    return run(["nsenter", "-t", String(this.pid), "-n", "sh", "-c", command]);
  }

  /** Takes everything back, as the engine does when the program has ended. */
  async stop(): Promise<void> {
    this.built.release();
    this.#launched.stage.discard();
    try {
      await unwind(this.built.intents, [namespaces, network], this.#launched.stage, this.#facts);
    } finally {
      this.abandon();
    }
  }

  /** The supervisor ends, and nothing is taken back: what a SIGKILL leaves. */
  abandon(): void {
    this.built.release();
    this.#launched.close();
  }

  get ended(): Promise<number> {
    return this.#launched.ended;
  }
}

export class NetworkWorld {
  readonly host = `md-test-${process.pid}-host`;
  readonly neighbour = `md-test-${process.pid}-else`;
  readonly state = temporaryFolder();
  readonly #containers = new Set<NetworkContainer>();
  #number = 0;

  constructor() {
    for (const it of [this.host, this.neighbour]) run(["ip", "netns", "add", it]);
    const cable = ["link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", this.neighbour];
    run(["ip", "-n", this.host, ...cable]);
    for (const it of [this.host, this.neighbour]) {
      for (const link of ["lo", "eth0"]) run(["ip", "-n", it, "link", "set", link, "up"]);
    }
    for (const it of [HOST, HOST_TOO]) run(["ip", "-n", this.host, "addr", "add", `${it}/24`, "dev", "eth0"]);
    run(["ip", "-n", this.neighbour, "addr", "add", `${NEIGHBOUR}/24`, "dev", "eth0"]);
  }

  /** The output of a shell command on the host; throws what it says when it fails. */
  sh(command: string): string {
    return run(["ip", "netns", "exec", this.host, "sh", "-c", command]);
  }

  elsewhere(command: string): string {
    return run(["ip", "netns", "exec", this.neighbour, "sh", "-c", command]);
  }

  /**
   * Makes a container. Rejects with what the layer throws, after everything has been taken back. `prepare` is called
   * before the layers are applied.
   */
  async container(options: ContainerOptions = {}, prepare?: Prepare): Promise<NetworkContainer> {
    const id = `${(++this.#number).toString(16).padStart(8, "a")}${"c0ffee".repeat(10)}`.slice(0, 64);
    const made = await makeContainer(this.host, options.state ?? this.state, id, options, prepare);
    this.#containers.add(made);
    return made;
  }

  /** Takes back what an abandoned container has left, as the next command does. */
  async takeBack({ built }: NetworkContainer): Promise<void> {
    const launched = await launch(new Session());
    try {
      await enter(launched, this.host);
      await unwind(built.intents, [namespaces, network], launched.stage, built.facts);
    } finally {
      launched.close();
      await launched.ended;
    }
  }

  /** Stops what is still there. */
  async clear(): Promise<void> {
    for (const it of this.#containers) await it.stop();
    this.#containers.clear();
  }

  /** Stops one. */
  async stop(container: NetworkContainer): Promise<void> {
    this.#containers.delete(container);
    await container.stop();
  }

  forget(container: NetworkContainer): void {
    this.#containers.delete(container);
  }

  close(): void {
    for (const it of [this.host, this.neighbour]) run(["ip", "netns", "delete", it]);
    removeFolder(this.state);
  }
}

type Prepare = (session: Session, stage: Stage) => Promise<void> | void;

/** Makes a container in the network namespace of that name. */
export async function makeContainer(
  where: string,
  state: string,
  id: string,
  options: ContainerOptions,
  prepare: Prepare = () => {},
): Promise<NetworkContainer> {
  mkdirSync(`${state}/containers/${id}`, { recursive: true });
  const session = new Session();
  const launched = await launch(session);
  await enter(launched, where);
  const facts: Facts = { ...findFacts({ state, data: state }), rootless: false };
  const made = new NetworkContainer(specFor(id, options), id, launched, session, facts);
  try {
    await prepare(session, launched.stage);
    await made.built.build([namespaces, network]);
    made.built.stage.flush();
    return made;
  } catch (error) {
    await made.stop();
    throw error;
  }
}

/** Moves the stage's process into that network: what a minidocker started there would be. */
async function enter({ stage }: Launched, name: string): Promise<void> {
  const file = await stage.openat(AT_FDCWD, `/run/netns/${name}`, O_RDONLY | O_CLOEXEC, 0);
  await stage.setns(file, CLONE_NEWNET);
  await stage.close(file);
  stage.flush();
}

export function specFor(
  id: string,
  { name = `name-${id.slice(0, 8)}`, hostname = id.slice(0, 12), ...rest }: ContainerOptions,
): Spec {
  const spec: Spec = {
    ociVersion: "1.2.0",
    root: { path: "/" },
    hostname,
    process: { cwd: "/", env: [], args: [], user: { uid: 0, gid: 0 } },
    mounts: [],
    linux: { namespaces: [{ type: "network" }, { type: "uts" }] },
    annotations: {},
  };
  const { mode = "bridge", ports = [], dns = [], hosts = [], container } = rest;
  setExtension(spec, "id", id);
  setExtension(spec, "name", name);
  setExtension(spec, "network", { mode, ports, dns, hosts, ...(container === undefined ? {} : { container }) });
  return spec;
}

/** The output of a command; throws what it says when it fails. */
export function run(argv: readonly string[]): string {
  const { stdout, stderr, success, exitCode } = Bun.spawnSync([...argv], { timeout: 20_000 });
  if (!success) throw new Error(`${argv.join(" ")}: exit status ${exitCode}: ${stderr.toString()}${stdout.toString()}`);
  return stdout.toString();
}

/** Milliseconds for a machine that has other things to do, too. */
const PATIENCE = 30_000;

/** Call once at the top of a file. The world is there within tests only. */
export function networkWorld(): { readonly world: NetworkWorld } {
  let world: NetworkWorld | undefined;
  beforeAll(() => {
    if (isRoot) world = new NetworkWorld();
  }, PATIENCE);
  afterAll(async () => {
    await world?.clear();
    world?.close();
  }, PATIENCE);
  return {
    get world() {
      if (world === undefined) throw new Error("the two networks are there within tests only, and need root");
      return world;
    },
  };
}
