// What a layer does to an ordinary container, step by step: its own words, in the order of a plan of such a container.

import { capabilityNames } from "../abi/capability.ts";
import type { Facts } from "../core/facts.ts";
import type { Layer, Requirement } from "../core/layer.ts";
import { Construction } from "../core/pipeline.ts";
import type { Spec } from "../core/spec.ts";
import type { Image } from "../images/image.ts";
import { launchPlan } from "../stage/launch.ts";
import { Session } from "../stage/stage.ts";
import type { RunOptions } from "./options/index.ts";
import { phasesFor } from "./phases.ts";
import { buildSpec } from "./spec.ts";

export interface ExplainedStep {
  readonly name: string;
  readonly why: string;
  /** The system calls that it takes; none: this container does without the step. */
  readonly calls: readonly string[];
}

export interface ExplainedLayer {
  readonly name: string;
  readonly summary: string;
  readonly lesson: string;
  readonly requires: readonly Requirement[];
  /** Markdown. */
  readonly about: string;
  readonly steps: readonly ExplainedStep[];
}

/** `layer` as one of `layers`, for a container without any options on a host such as `facts` describes. */
export async function explainLayer(
  layer: Layer,
  layers: readonly Layer[],
  facts: Facts = ordinaryHost,
): Promise<ExplainedLayer> {
  const spec = ordinarySpec(facts);
  const { about, steps } = layer.explain(spec);
  const taken = (await planSteps(layers, spec, facts)).get(layer.name) ?? new Map<string, string[]>();
  const order = [...new Set([...taken.keys(), ...Object.keys(steps)])].filter((it) => Object.hasOwn(steps, it));
  return {
    name: layer.name,
    summary: layer.summary,
    lesson: layer.lesson,
    requires: layer.requires,
    about: about.trim(),
    steps: order.map((name) => ({ name, why: steps[name] as string, calls: taken.get(name) ?? [] })),
  };
}

/** A call that would be made, by its name. */
export interface PlannedCall {
  readonly layer: string;
  readonly step: string;
  readonly call: string;
}

/**
 * What would be done for a container with `options`, which need not be possible on this machine, in its order; and the steps that
 * each layer has, whether this container takes them or not. Throws what `run` would refuse.
 */
export async function planContainer(
  options: RunOptions,
  layers: readonly Layer[],
  facts: Facts = ordinaryHost,
): Promise<{ readonly calls: readonly PlannedCall[]; readonly steps: ReadonlyMap<string, readonly string[]> }> {
  const spec = specOf(options, facts);
  const steps = layers.map((it) => [it.name, Object.keys(it.explain(spec).steps)] as const);
  return { calls: await planCalls(layers, spec, facts), steps: new Map(steps) };
}

/** Layer → step → the names of its calls, in the order in which they would be made. */
async function planSteps(
  layers: readonly Layer[],
  spec: Spec,
  facts: Facts,
): Promise<Map<string, Map<string, string[]>>> {
  const found = new Map<string, Map<string, string[]>>();
  for (const { layer, step, call } of await planCalls(layers, spec, facts)) {
    const steps = found.get(layer) ?? new Map<string, string[]>();
    found.set(layer, steps);
    steps.set(step, [...(steps.get(step) ?? []), call]);
  }
  return found;
}

async function planCalls(layers: readonly Layer[], spec: Spec, facts: Facts): Promise<PlannedCall[]> {
  const session = new Session();
  const found: PlannedCall[] = [];
  session.observers.push({ before: ({ name, origin }) => void found.push({ ...origin, call: name }) });
  const host = await launchPlan(session);
  const built = new Construction({ spec, facts, session, host, journal: () => {}, notice: () => {} });
  await built.build(
    phasesFor(layers, { terminal: false, interactive: false, init: false, files: { log: "/log", record: "/exit" } }),
  );
  return found;
}

/** The configuration of a container that was asked for without options. */
export function ordinarySpec(facts: Facts = ordinaryHost): Spec {
  return specOf(ordinaryOptions, facts);
}

function specOf(options: RunOptions, facts: Facts): Spec {
  const identity = {
    id: "0123456789ab".padEnd(64, "0"),
    name: "example",
    scratch: `${facts.dataDir}/containers/example`,
  };
  return buildSpec(options, ordinaryImage, facts, identity);
}

const ordinaryOptions: RunOptions = {
  image: "base",
  command: [],
  interactive: false,
  terminal: false,
  remove: true,
  dryRun: true,
  rootless: false,
  without: [],
  plugins: [],
  notices: [],
  environment: [],
  init: false,
  volumes: [],
  tmpfs: [],
  readOnly: false,
  devices: [],
  resources: {},
  ulimits: [],
  sysctls: [],
  ports: [],
  dns: [],
  hosts: [],
  capAdd: [],
  capDrop: [],
};

const ordinaryImage: Image = { name: "base", kind: "base", lower: [], config: { Cmd: ["/bin/sh"] } };

/** Root on a machine of these days: where nothing can be found out about the host. */
const ordinaryHost: Facts = {
  uid: 0,
  gid: 0,
  rootless: false,
  kernel: { release: "6.12.0", major: 6, minor: 12 },
  cgroup: {
    version: "v2",
    parents: { unified: "/sys/fs/cgroup" },
    controllers: ["cpuset", "cpu", "io", "memory", "pids"],
  },
  subuids: [],
  subgids: [],
  tools: {},
  namespaces: new Set(["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]),
  lastCapability: 40,
  capabilities: capabilityNames,
  bootId: "01234567-89ab-cdef-0123-456789abcdef",
  stateDir: "/run/minidocker",
  dataDir: "/var/lib/minidocker",
};
