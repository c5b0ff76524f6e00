// Run by cgroups-v2.ts, one test at a time, as an ordinary user and in a cgroup that fits the test's name.

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { findCgroups } from "../../../src/core/cgroup-facts.ts";
import { cgroups } from "../../../src/layers/cgroups/index.ts";
import { inCgroup, notices } from "../../harness/grouped.ts";
import { stages } from "../../harness/stages.ts";

const both = stages();
const options = { rootless: true, namespaces: ["user", "pid", "cgroup"] } as const;
const pids = { pids: { limit: 6 } };

test("delegated: limits hold, and the folder is gone afterwards", async () => {
  const { version, parents, controllers } = findCgroups();
  const parent = parents["unified"] as string;
  expect({ version, parent, controllers }).toEqual({
    version: "v2",
    parent: "/sys/fs/cgroup/md-user",
    controllers: ["cpu", "io", "memory", "pids"],
  });
  await inCgroup(both, { ...options, resources: pids }, async (it) => {
    expect(it.view.cgroups.get("")).toStartWith("/md-user/minidocker/test-");
    expect(cgroups.verify(it.view)).toContainEqual(expect.objectContaining({ id: "cgroups.pids", verdict: "yes" }));
    expect(await it.run("for i in 1 2 3 4 5 6 7; do sleep 1 & done")).toBe(2);
    expect(it.output).toMatch(/fork/i);
  });
  expect(existsSync(`${parent}/minidocker`)).toBe(false);
});

test("in a login session: a limit is an error that says how to get a part of the tree", async () => {
  const failing = inCgroup(both, { ...options, resources: pids }, () => {});
  expect(failing).rejects.toThrow(
    /--pids-limit.* cannot be set: .*md-session is not yours.*systemd-run --user --scope -p Delegate=yes/,
  );
  await failing.catch(() => {});
});

test("in a login session without a limit: nothing is said and nothing is made", () =>
  inCgroup(both, options, async (it) => {
    expect(it.context.intents).toEqual([]);
    expect(cgroups.verify(it.view)).toContainEqual(expect.objectContaining({ id: "cgroups.own", verdict: "no" }));
    expect(await it.run("cat /proc/self/cgroup")).toBe(0);
    expect(it.output).toMatch(/^0::\/$/m);
    expect(notices).toEqual([]);
  }));
