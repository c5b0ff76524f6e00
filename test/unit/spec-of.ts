// For tests of the configuration: `run LINE` with an image that has a root and a user alice.

import { afterAll, beforeAll } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { capabilityNames } from "../../src/abi/capability.ts";
import { command } from "../../src/cli/commands/run.ts";
import { parse } from "../../src/cli/parse.ts";
import type { RunValues } from "../../src/cli/run-options.ts";
import { readRunOptions } from "../../src/cli/run-read.ts";
import type { Facts } from "../../src/core/facts.ts";
import type { Spec } from "../../src/core/spec.ts";
import { buildSpec } from "../../src/engine/spec.ts";
import type { Image, ImageConfig } from "../../src/images/image.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder = "";

/** Call once at the top of a test file. Returns where the image's root file system is. */
export function testImage(): () => string {
  beforeAll(() => {
    folder = temporaryFolder();
    mkdirSync(`${folder}/etc`);
    writeFileSync(`${folder}/etc/passwd`, "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n");
    writeFileSync(`${folder}/etc/group`, "root:x:0:\nwheel:x:10:alice\n");
  });
  afterAll(() => removeFolder(folder));
  return () => folder;
}

export const asRoot: Facts = {
  uid: 0,
  gid: 0,
  rootless: false,
  kernel: { release: "6.12.0", major: 6, minor: 12 },
  cgroup: { version: "v2", parents: { unified: "/sys/fs/cgroup" }, controllers: ["cpu", "memory", "pids"] },
  subuids: [],
  subgids: [],
  tools: {},
  namespaces: new Set(["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]),
  lastCapability: 40,
  capabilities: capabilityNames,
  bootId: "01234567-89ab-cdef-0123-456789abcdef",
  stateDir: "/run/md",
  dataDir: "/data/md",
};
export const asUser: Facts = { ...asRoot, uid: 1000, gid: 1000, rootless: true };
export const withIds: Facts = {
  ...asUser,
  subuids: [{ start: 200_000, count: 65_536 }],
  subgids: [{ start: 200_000, count: 65_536 }],
};

export const id = "0123456789ab".padEnd(64, "c");

export interface Circumstances {
  readonly facts?: Facts;
  readonly config?: ImageConfig;
  /** Whose network is joined. */
  readonly networkOwner?: { readonly id: string; readonly namespace: string };
}

/** What `run LINE` amounts to. */
export function spec(
  line: string,
  { facts = asRoot, config = { Cmd: ["/bin/sh"] }, networkOwner }: Circumstances = {},
): Spec {
  const image: Image = { name: "test", kind: "folder", lower: [folder], config };
  const parsed = parse(
    command,
    line
      .split(" ")
      .filter(Boolean)
      .map((it) => (it === "''" ? "" : it)),
  );
  if (parsed === "help") throw new Error("help");
  const place = { env: { LANG: "C" }, cwd: "/cwd", processors: () => ({ count: 4, online: "0-3" }) };
  const options = readRunOptions(parsed.values as unknown as RunValues, parsed.operands, place);
  return buildSpec(options, image, facts, {
    id,
    name: "web",
    scratch: "/data/md/containers/x",
    ...(networkOwner === undefined ? {} : { networkOwner }),
  });
}

export const types = ({ linux }: Spec): string[] => linux.namespaces.map((it) => it.type);
