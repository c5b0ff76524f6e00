// What the cgroups layer would do on hosts of every kind, without doing it.

import { describe, expect, test } from "bun:test";
import type { CgroupFacts } from "../../src/core/facts.ts";
import { cgroups } from "../../src/layers/cgroups/index.ts";
import { namespaces } from "../../src/layers/namespaces.ts";
import { launchPlan } from "../../src/stage/launch.ts";
import { Session } from "../../src/stage/stage.ts";
import { construct, type GroupedOptions } from "../harness/grouped.ts";

const nobody = await (async () => {
  const session = new Session();
  return { session, host: await launchPlan(session) };
})();
const MiB = 1024 * 1024;

describe("a plan", () => {
  const resources = { memory: { limit: 64 * MiB, swap: 64 * MiB }, pids: { limit: 9 }, devices: [{ allow: false }] };
  const v1names = ["cpu", "cpuacct", "memory", "pids", "devices", "freezer", "cpuset"];
  const hosts: Record<string, CgroupFacts> = {
    v2: { version: "v2", parents: { unified: "/cg" }, controllers: ["cpu", "memory", "pids"] },
    v1: {
      version: "v1",
      parents: Object.fromEntries(v1names.map((name) => [name, `/cg/${name}`])),
      controllers: v1names,
    },
  };

  async function stepsOn(facts: CgroupFacts, more: GroupedOptions): Promise<string[]> {
    const session = new Session();
    const context = construct({ session, host: await launchPlan(session) }, { facts, path: "web", ...more });
    const steps = new Set<string>();
    session.observers.push({ before: ({ origin }) => void (origin.layer === "cgroups" && steps.add(origin.step)) });
    await context.build([namespaces, cgroups]);
    return [...steps];
  }

  for (const [version, facts] of Object.entries(hosts)) {
    test(`for ${version} has a reason for each of its steps`, async () => {
      const more = { resources: version === "v1" ? { ...resources, cpu: { cpus: "0" } } : resources };
      const steps = await stepsOn(facts, more);
      const explained = cgroups.explain(construct(nobody, more).spec).steps;
      expect(steps.length).toBe(7);
      expect(steps.filter((it) => explained[it] === undefined)).toEqual([]);
    });
  }

  test("for a host without cgroups has only the namespace; a limit there is refused, with the reason", async () => {
    const facts: CgroupFacts = {
      version: "none",
      parents: {},
      controllers: [],
      problem: "nothing is mounted: mount it",
    };
    expect(await stepsOn(facts, {})).toEqual(["a cgroup namespace of its own"]);
    expect(stepsOn(facts, { resources })).rejects.toThrow(
      "the memory limit (--memory) cannot be set: nothing is mounted: mount it; or leave it out",
    );
  });

  test("refuses a limit whose controller the host lacks, and says what it has", () => {
    const refused = stepsOn(hosts["v2"] as CgroupFacts, { resources: { cpu: { cpus: "0" } } });
    expect(refused).rejects.toThrow(/--cpuset-cpus.*has no cpuset controller \(it has: cpu memory pids\)/);
  });

  test("makes nothing where a cgroup is only to be joined", async () => {
    expect(await stepsOn(hosts["v2"] as CgroupFacts, { join: ["/cg/minidocker/web"] })).toEqual([
      "put the process into the cgroup",
      "a cgroup namespace of its own",
    ]);
  });
});
