// The probe matrix on this kernel: with all layers each probe is stopped; without the layers that it thanks, it is not, so none of them
// is one that could not succeed anyhow.

import { beforeAll, describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest, withPrograms } from "../harness/skip.ts";

const host = privateHost();

interface Seen {
  readonly outcome: string;
  readonly kind: string;
  readonly saw?: string;
  readonly why?: string;
  readonly calls?: readonly string[];
}

interface Row {
  readonly name: string;
  readonly blocked: readonly string[];
  readonly layers: readonly string[];
  readonly necessary: readonly string[];
  readonly sufficient: readonly string[];
  readonly redundant: readonly string[];
  readonly seen: Readonly<Record<string, Seen>>;
}

interface Answer {
  readonly containers: readonly { readonly name: string; readonly without: readonly string[] }[];
  readonly seconds: number;
  readonly probes: readonly Row[];
}

async function probe(...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await host.minidocker(["probe", "--json", ...args], { timeout: 120_000 });
  if (stdout === "") throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

let matrix: Answer;
beforeAll(async () => {
  if (!isRoot) return;
  matrix = await probe("--leave-one-out", "--only-one", "--html", `${host.folder}/page.html`);
  console.info(`the whole matrix: ${matrix.containers.length} containers in ${matrix.seconds} s`);
  for (const { name, seen } of matrix.probes) {
    if (seen["all"]?.kind === "unavailable") console.info(`${name} is unavailable: ${seen["all"].why}`);
  }
}, 150_000);

const row = (name: string): Row => matrix.probes.find((it) => it.name === name) as Row;
const tried = (): Row[] => matrix.probes.filter((it) => it.seen["all"]?.kind !== "unavailable");

describe("with all layers", () => {
  rootTest("more than sixty probes can be tried", () => {
    expect(tried().length).toBeGreaterThan(60);
  });

  rootTest("each probe sees what it says is seen where it is stopped", () => {
    const wrong = tried().filter(({ blocked, seen }) => !blocked.includes(seen["all"]?.outcome ?? ""));
    expect(wrong.map(({ name, seen }) => `${name}: ${seen["all"]?.outcome}`)).toEqual([]);
  });

  rootTest("each cell tells the calls by which it saw that", () => {
    expect(row("mount").seen["all"]?.calls).toEqual(['mount("none", "/", "nosuchfs", 0, NULL) = -1 EPERM']);
    expect(
      tried().filter(({ seen }) => (seen["all"]?.calls ?? []).length === 0 && seen["all"]?.kind !== "killed"),
    ).toEqual([]);
  });
});

describe("a probe that is stopped could succeed:", () => {
  let sets: Map<string, Row[]>;
  const open = new Map<string, string | undefined>();
  beforeAll(async () => {
    if (!isRoot) return;
    sets = Map.groupBy(
      tried().filter((it) => it.layers.length > 0),
      (it) => it.layers.map((layer) => `-${layer}`).join(","),
    );
    for (const [layers, list] of sets) {
      const { probes } = await probe(`--layers=${layers}`, ...list.map((it) => it.name));
      for (const { name, seen } of probes) open.set(name, seen[layers]?.outcome);
    }
  }, 120_000);

  rootTest("without all the layers that it thanks, each one does", () => {
    expect([...open].filter(([, outcome]) => outcome !== "succeeded")).toEqual([]);
  });

  rootTest("without any layer, those that need no place of their own do, too", () => {
    const not = tried().filter((it) => it.layers.length > 0 && it.seen["none"]?.outcome !== "succeeded");
    // the image is read-only then, and below a chroot the kernel makes no user namespace
    const known = ["unshare-user", "userns-mount", "change-image", "file-rights", "setuid-program"];
    expect(not.map((it) => it.name).sort()).toEqual(known.toSorted());
  });
});

describe("attribution", () => {
  rootTest("each necessary layer is one that the probe thanks", () => {
    const wrong = tried().filter(({ necessary, layers }) => necessary.some((it) => !layers.includes(it)));
    expect(wrong.map(({ name, necessary }) => [name, necessary])).toEqual([]);
  });

  rootTest("each layer that stops it alone is one that the probe thanks", () => {
    const wrong = tried().filter(({ sufficient, layers }) => sufficient.some((it) => !layers.includes(it)));
    expect(wrong.map(({ name, sufficient }) => [name, sufficient])).toEqual([]);
  });

  rootTest("the filter alone stands before the keyrings, io_uring and new user namespaces", () => {
    for (const name of ["keyctl", "add-key", "unshare-user", "clone3", "personality"])
      expect([name, row(name).necessary]).toEqual([name, ["seccomp"]]);
  });

  rootTest("namespaces hide, capabilities forbid, cgroups limit, no-new-privs keeps rights from being added", () => {
    expect(row("see-process")).toMatchObject({ necessary: ["namespaces"], sufficient: ["namespaces"], redundant: [] });
    expect(row("set-link")).toMatchObject({ necessary: ["capabilities"], sufficient: ["capabilities"], redundant: [] });
    expect(row("forks")).toMatchObject({ necessary: ["cgroups"], sufficient: ["cgroups"], redundant: [] });
    expect(row("setuid-program").necessary).toEqual(["no-new-privs"]);
  });

  rootTest("mount is forbidden twice, so either layer can be left out", () => {
    const twice = ["capabilities", "seccomp"];
    expect(row("mount")).toMatchObject({ necessary: [], sufficient: twice, redundant: twice });
  });

  rootTest("the filter does not change with the layers: without capabilities it still refuses mount", () => {
    expect(row("mount").seen["-capabilities"]?.outcome).toBe("EPERM");
  });
});

describe("choosing", () => {
  rootTest(
    "without the masks, /proc tells of the machine and lets its settings be opened, though all layers are on",
    async () => {
      const names = ["read-timers", "read-keys", "core-pattern"];
      const { probes } = await probe("--layers=-overlay.masks", ...names);
      expect(probes.map(({ seen }) => Object.values(seen)[0]?.outcome)).toEqual(names.map(() => "succeeded"));
    },
  );

  rootTest("CAP_SYS_ADMIN opens mount, and the exit code says that something got through", async () => {
    const { code, stdout } = await host.minidocker(["probe", "--cap-add", "SYS_ADMIN", "mount", "keyctl"]);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ mount");
    expect(stdout).toContain("✓ keyctl");
  });

  rootTest("an unknown name is answered with a near one", async () => {
    const { code, stderr } = await host.minidocker(["probe", "mont"]);
    expect({ code, stderr: stderr.split("\n")[0] }).toEqual({
      code: 125,
      stderr: 'minidocker: no probe is called "mont"; did you mean mount?',
    });
  });

  rootTest("--pid and --leave-one-out do not go together", async () => {
    const { code, stderr } = await host.minidocker(["probe", "--pid", "1", "--leave-one-out"]);
    expect(code).toBe(125);
    expect(stderr).toContain("--pid and --leave-one-out do not go together");
  });
});

describe("what is left", () => {
  rootTest("nothing of the containers, and no canary", () => {
    expect(remains(host)).toEqual([]);
    expect(existsSync(`${host.folder}/root/state/probes`)).toBe(false);
  });

  rootTest(
    "nothing after Ctrl-C in the middle; the exit code is the signal's",
    async () => {
      const run = host.startMinidocker(["probe", "--leave-one-out", "--only-one"]);
      await run.until("container 3 of 16");
      run.signal("SIGINT");
      expect((await run.outcome).code).toBe(130);
      expect(remains(host)).toEqual([]);
      expect(existsSync(`${host.folder}/root/state/probes`)).toBe(false);
    },
    60_000,
  );

  rootTest(
    "nothing after SIGKILL in the middle, once the next command has run",
    async () => {
      const run = host.startMinidocker(["probe", "--leave-one-out"]);
      await run.until("container 3 of 9");
      run.signal("SIGKILL");
      await run.outcome;
      await probe("mount");
      expect(remains(host)).toEqual([]);
      expect(existsSync(`${host.folder}/root/state/probes`)).toBe(false);
    },
    60_000,
  );

  rootTest("--html has written a page that names each probe and container", () => {
    const html = readFileSync(`${host.folder}/page.html`, "utf8");
    for (const { name } of matrix.probes) expect(html).toContain(`id="probe-${name}"`);
    for (const { name } of matrix.containers) expect(html).toContain(`<span>${name}</span>`);
  });
});

rootTest("no file of an image can make a probe do what it only asks for", async () => {
  const rootfs = makeRootfs(`${host.folder}/with-files`);
  for (const it of ["nonexist", "0"]) writeFileSync(`${rootfs}/${it}`, "", { mode: 0o600 });
  const names = ["acct", "swapon", "quotactl", "mount-setattr", "pivot-root"];
  const { probes } = await probe("--layers", "overlay", "--network", "host", "--image", rootfs, ...names);
  const answers = probes.map(({ name, seen }) => [name, Object.values(seen)[0]?.saw?.split(":")[0]]);
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(names.map((it) => [it, "ENOENT"])));
});

describe("from outside", () => {
  const judge = async (pid: string): Promise<Map<string, string>> => {
    const { stdout } = await host.minidocker(["probe", "--pid", pid, "--json"]);
    const answer = JSON.parse(stdout) as { attempted: boolean; probes: { name: string; verdict: string }[] };
    expect(answer.attempted).toBe(false);
    return new Map(answer.probes.map(({ name, verdict }) => [name, verdict]));
  };

  rootTest("nothing stops the host's first process, and what only a runtime does is unknown", async () => {
    const found = await judge("1");
    const wrong = [...found].filter(
      ([name, verdict]) => verdict !== "open" && !["cwd", "open-files", "terminal"].includes(name),
    );
    // what root of this host lacks, nobody opens
    const lacking = matrix.probes.filter((it) => it.seen["all"]?.why?.startsWith("root has no"));
    expect(wrong.map(([name]) => name)).toEqual(lacking.map((it) => it.name));
  });

  let rootfs = "";
  beforeAll(() => {
    if (isRoot) rootfs = makeRootfs(`${host.folder}/bundle/rootfs`);
  });
  withPrograms("runc")(
    "a container of runc's: what namespaces, masks and capabilities stop is told, the rest unknown",
    async () => {
      await bundle(rootfs);
      // its output apart, because the container would keep ours open
      const detached = 'runc run -d -b "$0" judged </dev/null >/dev/null 2>&1';
      expect((await host.command(["sh", "-c", detached, `${host.folder}/bundle`])).code).toBe(0);
      try {
        const { stdout } = await host.command(["runc", "state", "judged"]);
        const { pid } = JSON.parse(stdout) as { pid: number };
        const found = await judge(String(pid));
        for (const it of ["see-process", "shared-memory", "mount", "read-timers", "core-pattern", "reboot"])
          expect([it, found.get(it)]).toEqual([it, "stopped"]);
        // runc's own default has no filter
        for (const it of ["keyctl", "unshare-user"]) expect([it, found.get(it)]).toEqual([it, "open"]);
        expect(found.get("cwd")).toBe("unknown");
      } finally {
        await host.command(["runc", "delete", "-f", "judged"]);
      }
    },
  );
});

/** runc's default configuration, with a program that waits, and without a terminal. */
async function bundle(rootfs: string): Promise<void> {
  const folder = `${host.folder}/bundle`;
  expect(readdirSync(rootfs)).toContain("bin");
  const made = await host.command(["runc", "spec", "-b", folder]);
  expect(made.code).toBe(0);
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as {
    process: { terminal: boolean; args: string[] };
  };
  config.process.terminal = false;
  config.process.args = ["sleep", "60"];
  writeFileSync(`${folder}/config.json`, JSON.stringify(config));
}
