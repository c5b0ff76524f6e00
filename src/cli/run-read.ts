// The texts of `run`'s options → RunOptions: each value by its parser, then all of them against each other.

import { readFileSync } from "node:fs";
import { normalize, resolve } from "node:path";
import { signalNumber } from "../abi/signal.ts";
import { Refusal } from "../core/refusal.ts";
import type { StepSize } from "../core/stepper.ts";
import { parseCapability } from "../engine/options/capability.ts";
import { checkConflicts } from "../engine/options/conflicts.ts";
import { type Processors, readCpu } from "../engine/options/cpu.ts";
import { parseDevice } from "../engine/options/device.ts";
import { type Environment, parseVariable, readEnvironmentFile, readOption } from "../engine/options/environment.ts";
import type { RunOptions } from "../engine/options/index.ts";
import { parseLayers } from "../engine/options/layers.ts";
import { readMemory } from "../engine/options/memory.ts";
import { parseDns, parseHost, parseHostname, parseNetwork } from "../engine/options/network.ts";
import { parsePort } from "../engine/options/port.ts";
import { parseSecurity } from "../engine/options/security.ts";
import { parseSysctl } from "../engine/options/sysctl.ts";
import { parseUlimit } from "../engine/options/ulimit.ts";
import { each, option, optional, parseInteger, ValueError } from "../engine/options/value.ts";
import { parseShmSize, parseTmpfs, parseVolume } from "../engine/options/volume.ts";
import { checkName } from "../state/names.ts";
import type { RunValues } from "./run-options.ts";

/** Where the command line was typed. */
export interface Place {
  readonly env: Environment;
  readonly cwd: string;
  readonly processors: () => Processors;
}

export function thisPlace(): Place {
  return { env: process.env, cwd: currentFolder(), processors };
}

function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new Refusal("the current folder is gone: cd to one that is there");
  }
}

function processors(): Processors {
  return {
    count: navigator.hardwareConcurrency,
    online: readFileSync("/sys/devices/system/cpu/online", "utf8").trim(),
  };
}

/** Throws a Refusal that names the option. */
export function readRunOptions(values: RunValues, operands: readonly string[], place: Place): RunOptions {
  const [image = "", ...command] = operands;
  if (values.name !== undefined) checkName(values.name);
  const options: RunOptions = {
    image,
    command,
    interactive: values.interactive,
    terminal: values.tty,
    remove: values.rm,
    init: values.init,
    readOnly: values["read-only"],
    rootless: values.rootless,
    dryRun: values["dry-run"],
    ...present({
      // "" is stderr, "-" is stdout
      trace: values.trace === undefined || /^-?$/.test(values.trace) ? values.trace : resolve(place.cwd, values.trace),
    }),
    ...present({ step: values.step === undefined ? undefined : option("--step", values.step, parseStep) }),
    ...program(values, place),
    ...files(values, place),
    ...limits(values, place),
    ...network(values),
    ...privileges(values, place),
  };
  checkConflicts(options);
  return options;
}

function program(values: RunValues, { env }: Place) {
  const fromFiles = values["env-file"].flatMap((it) =>
    option("--env-file", it, (path) => readEnvironmentFile(path, env)),
  );
  return {
    ...present({
      name: values.name,
      user: optional("--user", values.user, parseUser),
      workdir: optional("--workdir", values.workdir, parseWorkdir),
      hostname: optional("--hostname", values.hostname || undefined, parseHostname),
      stopSignal: optional("--stop-signal", values["stop-signal"], parseSignal),
      entrypoint: values.entrypoint,
    }),
    environment: [...fromFiles, ...each("--env", values.env, (it) => parseVariable(it, env))],
  };
}

function files(values: RunValues, { cwd }: Place) {
  return {
    volumes: each("--volume", values.volume, (it) => parseVolume(it, cwd)),
    tmpfs: each("--tmpfs", values.tmpfs, parseTmpfs),
    devices: each("--device", values.device, parseDevice),
    ...present({ shmSize: optional("--shm-size", values["shm-size"], parseShmSize) }),
  };
}

function limits(values: RunValues, place: Place) {
  const memory = readMemory({
    memory: values.memory,
    swap: values["memory-swap"],
    reservation: values["memory-reservation"],
  });
  const cpu = readCpu(
    { cpus: values.cpus, percent: values.cpu, shares: values["cpu-shares"], set: values["cpuset-cpus"] },
    place.processors,
  );
  const limit = optional("--pids-limit", values["pids-limit"], parsePids);
  const pids = limit === undefined ? undefined : { limit };
  return {
    resources: present({ memory, cpu, pids }),
    ulimits: each("--ulimit", values.ulimit, parseUlimit),
    sysctls: each("--sysctl", values.sysctl, parseSysctl),
  };
}

function network(values: RunValues) {
  const chosen = optional("--network", values.network, parseNetwork);
  const ports = each("--publish", values.publish, parsePort).flat();
  const onHost = chosen?.mode === "host" && ports.length > 0;
  return {
    ...present({ network: chosen }),
    ports: onHost ? [] : ports,
    dns: each("--dns", values.dns, parseDns),
    hosts: each("--add-host", values["add-host"], parseHost),
    notices: onHost ? ["-p has no effect with --network host: the container's ports are the host's"] : [],
  };
}

function privileges(values: RunValues, { cwd }: Place) {
  const security = Object.assign({}, ...each("--security-opt", values["security-opt"], parseSecurity)) as ReturnType<
    typeof parseSecurity
  >;
  const without = values.layers.length === 0 ? [] : option("--layers", values.layers.join(","), parseLayers);
  const { noNewPrivileges, seccomp } = security;
  if (seccomp !== undefined && seccomp !== "unconfined" && without.includes("seccomp")) {
    throw new Refusal(`--security-opt seccomp=${seccomp} needs the layer seccomp, which --layers leaves out`);
  }
  return {
    capAdd: each(
      "--cap-add",
      values["cap-add"].flatMap((it) => it.split(",")),
      parseCapability,
    ),
    capDrop: each(
      "--cap-drop",
      values["cap-drop"].flatMap((it) => it.split(",")),
      parseCapability,
    ),
    ...present({ noNewPrivileges, seccompProfile: chooseProfile(seccomp, cwd) }),
    without,
    plugins: values.layer.map((it) => resolve(cwd, it)),
  };
}

function chooseProfile(path: string | undefined, cwd: string): RunOptions["seccompProfile"] {
  if (path === undefined || path === "unconfined") return path;
  return { path, text: new TextDecoder().decode(readOption("--security-opt seccomp", resolve(cwd, path))) };
}

const stepSizes: Readonly<Record<StepSize, true>> = { layer: true, step: true, call: true };

function parseStep(text: string): StepSize {
  if (text === "") return "step";
  if (Object.hasOwn(stepSizes, text)) return text as StepSize;
  throw new ValueError("the sizes of steps are layer, step and call");
}

function parseUser(text: string): string {
  if (!/^[^:\s]*(:[^:\s]+)?$/.test(text)) throw new ValueError("write NAME or UID, or one of them with :GROUP or :GID");
  return text;
}

function parseWorkdir(text: string): string {
  if (!text.startsWith("/")) throw new ValueError("the working directory has to be an absolute path in the container");
  return normalize(text);
}

function parseSignal(text: string): string {
  if (signalNumber(text) === undefined) throw new ValueError("no signal is called so: see signal(7)");
  return text;
}

// 0 is no limit, as Docker has it.
function parsePids(text: string): number {
  const limit = parseInteger(text);
  return limit <= 0 ? -1 : limit;
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that are not undefined. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
