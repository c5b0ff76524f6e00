// `--layers`: what is left out is missing, and nothing else. `verify` judges from outside, by what the kernel shows.

import { beforeAll, describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { layers } from "../../src/layers/index.ts";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const LIMITS = ["-m", "64m", "--cpus", "0.5", "--pids", "64"];

/** Check → verdict, of a container that runs with these options. */
async function verdicts(...options: string[]): Promise<Map<string, string>> {
  const command = [
    "run",
    "--rm",
    "--name",
    "judged",
    "--read-only",
    ...options,
    rootfs,
    "sh",
    "-c",
    "echo up; exec sleep 60",
  ];
  const run = host.startMinidocker(
    command.filter((it) => !(options.includes("--layers=-namespaces") && it === "--read-only")),
  );
  try {
    await run.until(/^up$/m);
    const { stdout, stderr } = await host.minidocker(["verify", "--json", "judged"]);
    expect(stderr).toBe("");
    const checks = JSON.parse(stdout) as { id: string; verdict: string }[];
    return new Map(checks.map(({ id, verdict }) => [id, verdict]));
  } finally {
    await host.minidocker(["rm", "-f", "judged"]);
    await run.outcome;
  }
}

const names = layers.map((it) => it.name);
const layerOf = (check: string): string => check.slice(0, check.indexOf("."));

/** The layer itself, and those that say that they need it or a part of it. */
const affected = (left: string): string[] =>
  layers
    .filter(({ name, requires }) => name === left || requires.some((it) => it.name.split(".")[0] === left))
    .map(({ name }) => name);

describe("without a layer", () => {
  for (const name of names) {
    rootTest(`${name}: its checks fail, and of the others only those of layers that need it`, async () => {
      const limits = name === "cgroups" ? [] : LIMITS;
      const [all, some] = [await verdicts(...limits), await verdicts(...limits, `--layers=-${name}`)];
      expect([...some.keys()]).toEqual([...all.keys()]);
      const changed = [...all.keys()].filter((it) => all.get(it) !== some.get(it));
      const own = changed.filter((it) => layerOf(it) === name);
      expect(own.length).toBeGreaterThan(0);
      expect(own.map((it) => [it, some.get(it)])).toEqual(own.map((it) => [it, "no"]));
      expect(changed.filter((it) => !affected(name).includes(layerOf(it)))).toEqual([]);
      expect(remains(host)).toEqual([]);
    });
  }

  rootTest("namespaces, one part of it: only that namespace is the host's", async () => {
    const all = await verdicts();
    for (const part of ["uts", "ipc", "time", "cgroup"]) {
      const some = await verdicts(`--layers=-namespaces.${part}`);
      const changed = [...all.keys()].filter((it) => all.get(it) !== some.get(it));
      expect(changed.filter((it) => layerOf(it) === "namespaces")).toEqual([`namespaces.${part}`]);
    }
  });
});

describe("what is left out changes nothing on the host's disk or in its mounts", () => {
  const lists = ["-namespaces", "-namespaces.mount", "-namespaces.uts", "-overlay", "-network", "overlay", "none"];
  for (const list of lists) {
    rootTest(`--layers=${list}`, async () => {
      const look = (): string[] => [
        readFileSync(`/proc/${host.pid}/mountinfo`, "utf8"),
        Bun.spawnSync(["find", rootfs, "-printf", "%p %s %T@ %m\n"]).stdout.toString(),
      ];
      const before = look();
      const script = "echo x 2>/dev/null >/written; mount -t tmpfs none /home 2>/dev/null; exit 3";
      const { code } = await host.minidocker(["run", "--rm", `--layers=${list}`, rootfs, "sh", "-c", script]);
      expect({ list, code }).toEqual({ list, code: 3 });
      expect(look()).toEqual(before);
      expect(remains(host)).toEqual([]);
    });
  }
});

describe("what it means is told, once", () => {
  const told = async (...options: string[]): Promise<string[]> => {
    const { code, stderr } = await host.minidocker(["run", "--rm", ...options, rootfs, "true"]);
    expect({ options, code }).toEqual({ options, code: 0 });
    return stderr.split("\n").filter(Boolean);
  };

  for (const { name, otherwise } of layers) {
    rootTest(name, async () => {
      const lines = await told(`--layers=-${name}`);
      const [own, ...others] = lines.filter((it) => it.startsWith(`minidocker: the ${name} layer is off: `));
      expect(own).toContain(otherwise ?? "?");
      expect(others).toEqual([]);
      // and what its parts mean to the other layers
      expect(lines.filter((it) => it !== own && !it.startsWith(`minidocker: the part ${name}.`))).toEqual([]);
    });
  }

  rootTest("for a part, where that matters", async () => {
    expect(await told("--layers=-namespaces.mount")).toEqual([
      expect.stringMatching(/^minidocker: the part namespaces.mount is off: nothing is mounted .* chroot/),
    ]);
    expect(await told("--layers=-namespaces.uts,-overlay.masks")).toEqual([
      "minidocker: the part namespaces.uts is off: the hostname is the host's",
      expect.stringMatching(/^minidocker: the part overlay.masks is off: .* nothing is hidden/),
    ]);
  });

  rootTest("not where nobody has spoken of layers", async () => {
    expect(await told()).toEqual([]);
    const words = ["--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges=false"];
    expect(await told(...words, "--network", "host")).toEqual([]);
  });
});
