// `--network container:NAME`: the network is that of the process that was recorded, whoever has its number later.

import { expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import type { Spec } from "../../src/core/spec.ts";
import { findNetworkOwner } from "../../src/engine/peer.ts";
import { identify, type ProcessIdentity } from "../../src/state/process.ts";
import { createRecord, updateRecord, writeConfig } from "../../src/state/record.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const { paths } = ownPaths();

const sleeper = (...words: readonly string[]) =>
  Bun.spawn([...words, "sleep", "60"], { stdio: ["ignore", "ignore", "ignore"] });

function record(process: ProcessIdentity): void {
  const { id } = createRecord(paths, { name: "web", image: "base", command: ["sleep"] });
  writeConfig(paths, id, { hostname: "www" } as Spec);
  updateRecord(paths, id, { status: "running", process });
}

const find = () => findNetworkOwner({ mode: "container", container: "web" }, paths).networkOwner;

rootTest("it is held: the file stands for the same namespace when its process has ended", async () => {
  const child = sleeper("unshare", "--net");
  const file = `/proc/${child.pid}/ns/net`;
  try {
    await waitUntil(
      () => readlinkSync(file) !== readlinkSync("/proc/self/ns/net"),
      5000,
      () => "no namespace",
    );
    record(identify(child.pid) as ProcessIdentity);
    const namespace = readlinkSync(file);
    const found = find();
    child.kill("SIGKILL");
    await child.exited;
    expect(found?.hostname).toBe("www");
    expect(readlinkSync(found?.namespace as string)).toBe(namespace);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a process that has the number by now is not the one that is meant", async () => {
  const child = sleeper();
  try {
    const identity = identify(child.pid) as ProcessIdentity;
    record({ ...identity, startTime: identity.startTime - 1 });
    expect(find).toThrow("--network container:web: that container is not running, so it has no network to share");
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});
