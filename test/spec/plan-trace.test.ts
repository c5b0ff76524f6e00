// `run --dry-run` lists the calls that `run` makes, in the same order, from the first to the last one that takes back. What a plan
// cannot know is what the kernel answers; so where a call depends on an answer, the difference is named here, with the answer.

import { beforeAll, describe, expect } from "bun:test";
import { rmSync } from "node:fs";
import type { TraceRow } from "../../src/stage/trace.ts";
import { makeComparable, onlyInOne, readTrace } from "../harness/plans.ts";
import { privateHost, TESTER } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

/** Calls that only one of them has, in one step, and the answer in the deed to which that is due. */
interface Exception {
  readonly step: string;
  readonly only: "plan" | "deed";
  readonly calls: RegExp;
  readonly because: { readonly step: string; readonly call: RegExp; readonly result: RegExp };
  /** So many calls for each such answer, at most. */
  readonly each: number;
}

const ABSENT = /^= -1 ENOENT$/;

const exceptions: readonly Exception[] = [
  {
    // the container has no cgroup in a hierarchy of which minidocker uses no controller
    step: "overlay: mount the view of its cgroup",
    only: "plan",
    calls: /^init (mkdirat\(#, "\w+", #\)|move_mount\(#, "", #, "\w+", MOVE_MOUNT_F_EMPTY_PATH\)|close\(#\))$/,
    because: { step: "overlay: mount the view of its cgroup", call: /^open_tree/, result: ABSENT },
    each: 3,
  },
  {
    // not every kernel has every file that is to be masked
    step: "overlay: mask files and folders",
    only: "plan",
    calls:
      /^init (openat2\(#, "\/proc\/|fchdir\(#\)|mount\("tmpfs", "\."|open_tree\(#, ""|move_mount\(#, "", #, ""|close\(#\))/,
    because: { step: "overlay: look at what is to be masked", call: /^openat2/, result: ABSENT },
    each: 5,
  },
  ...["overlay: take back etc", "overlay: take back scratch"].map((step) => ({
    // what is in a folder that is removed is found out by reading it; below it are others, and those of other users
    step,
    only: "deed" as const,
    calls: /^(host|mapped) (openat2?|getdents64|unlinkat|renameat2|close|clone3|write|setres[ug]id|wait4)\(/,
    because: { step, call: /^getdents64/, result: /^= [1-9]/ },
    each: 60,
  })),
];

/** The differences that no answer explains, each as `only in the plan: layer: step: stage call`. */
function unexplained(plan: readonly TraceRow[], deed: readonly TraceRow[], also: readonly Exception[]): string[] {
  const { left, right } = onlyInOne(makeComparable(plan, host), makeComparable(deed, host));
  const used = new Map<Exception, number>();
  const explained = (only: Exception["only"], line: string): boolean => {
    const found = [...exceptions, ...also].find(
      (it) => it.only === only && line.startsWith(`${it.step}: `) && it.calls.test(line.slice(it.step.length + 2)),
    );
    if (found === undefined) return false;
    const { step, call, result } = found.because;
    const answers = deed.filter(
      (it) => `${it.layer}: ${it.step}` === step && call.test(it.call) && result.test(it.result),
    );
    used.set(found, (used.get(found) ?? 0) + 1);
    return (used.get(found) as number) <= found.each * answers.length;
  };
  return [
    ...left.filter((it) => !explained("plan", it)).map((it) => `only in the plan: ${it}`),
    ...right.filter((it) => !explained("deed", it)).map((it) => `only in the deed: ${it}`),
  ];
}

interface Case {
  readonly rootless?: boolean;
  readonly terminal?: boolean;
  readonly also?: readonly Exception[];
}

async function compare(options: readonly string[], { rootless = false, terminal = false, also = [] }: Case = {}) {
  const folder = `${host.folder}/${rootless ? "user" : "root"}`;
  // a plan is for the first container on a host; afterwards it is known which network the bridge has
  rmSync(`${folder}/state/network/subnet`, { force: true });
  const [planFile, deedFile] = [`${folder}/plan.jsonl`, `${folder}/deed.jsonl`];
  const words = (...more: string[]): string[] => ["run", "--name", "twin", ...more, ...options, rootfs, "/bin/true"];
  for (const run of [words("--dry-run", `--trace=${planFile}`), words(`--trace=${deedFile}`)]) {
    if (terminal) expect(await host.terminal(run, { rootless }).exited).toBe(0);
    else expect(await host.minidocker(run, { rootless })).toMatchObject({ code: 0 });
  }
  const [plan, deed] = [readTrace(planFile), readTrace(deedFile)];
  expect(deed.length).toBeGreaterThan(100);
  expect(unexplained(plan, deed, also)).toEqual([]);
  // of what is removed, the folder itself is known before
  const removal = 'overlay: take back scratch: host unlinkat(#, "ID", AT_REMOVEDIR)';
  const made = deed.some((it) => it.step === "make the container's own layer");
  expect(makeComparable(plan, host).includes(removal)).toBe(made && options.includes("--rm"));
}

const seven = ["namespaces", "cgroups", "overlay", "network", "capabilities", "no-new-privs", "seccomp"];
const closed = ["--network", "none"];

const cases: Readonly<Record<string, readonly string[]>> = {
  "by default": [],
  "--network none": closed,
  "--network host": ["--network", "host"],
  "with published ports": ["-p", "127.0.0.1:8080:80", "-p", "53:53/udp", "-h", "web", "--add-host", "a:192.0.2.1"],
  "with --init": ["--init", ...closed],
  "with --init on the bridge": ["--init", "-p", "8080:80"],
  "with -i": ["-i", ...closed],
  "with limits": [...closed, "-m", "64m", "--cpus", "0.5", "--pids", "20", "--memory-reservation", "32m"],
  "with files": [...closed, "-v", "/usr:/data:ro", "-v", "named:/named", "-v", "/new", "--tmpfs", "/scratch"],
  "with devices and settings": [...closed, "--device", "/dev/null:/dev/no", "--sysctl", "kernel.shmmax=4096"],
  "as another user": [...closed, "-u", "alice", "-w", "/a/b", "--cap-add", "SYS_TIME", "--ulimit", "nofile=99"],
  "read-only, with another environment": [...closed, "--read-only", "-e", "A=1", "--shm-size", "1m"],
  "in a user namespace": [...closed, "--rootless"],
  "in a user namespace, with limits": [...closed, "--rootless", "-m", "64m", "--init"],
  "without the filter's default profile": [...closed, "--security-opt", "seccomp=unconfined"],
};

describe("plan and deed are the same calls in the same order", () => {
  for (const [name, options] of Object.entries(cases)) rootTest(name, () => compare(["--rm", ...options]));

  for (const layer of seven) rootTest(`without the layer ${layer}`, () => compare(["--rm", `--layers=-${layer}`]));

  rootTest("without a part of a layer", async () => {
    for (const part of ["namespaces.mount", "namespaces.pid", "namespaces.uts", "namespaces.ipc"])
      await compare(["--rm", ...closed, `--layers=-${part}`]);
  });

  rootTest("without --rm, up to what stays", async () => {
    await compare(closed);
    await host.minidocker(["rm", "twin"]);
    expect(remains(host).filter((it) => !it.startsWith("data/volumes/"))).toEqual([]);
  });

  rootTest("with a terminal", async () => {
    await compare(["--rm", ...closed, "-it"], { terminal: true });
    await compare(["--rm", ...closed, "-t", "--init"], { terminal: true });
  });
});

describe("of an ordinary user", () => {
  beforeAll(() => {
    if (isRoot) Bun.spawnSync(["chown", "-R", `${TESTER.uid}:${TESTER.gid}`, rootfs]);
  });

  rootTest("without a network", () => compare(["--rm", ...closed], { rootless: true }));

  rootTest("with one, as far as pasta can be started", () => {
    // its address goes into the hosts file once it runs
    const step = "network: start pasta";
    const also: Exception = {
      step,
      only: "plan",
      calls: /^host (openat\(AT_FDCWD, ".*\/etc\/hosts"|write\(#, TEXT|close\(#\))/,
      because: { step, call: /^wait4/, result: /^= [1-9]/ },
      each: 3,
    };
    return compare(["--rm"], { rootless: true, also: [also] });
  });
});

rootTest("--dry-run prints its plan in the form in which --trace prints the deed", async () => {
  const { stdout } = await host.minidocker(["run", "--rm", "--dry-run", ...closed, rootfs, "true"]);
  const { stderr } = await host.minidocker(["run", "--rm", "--trace", ...closed, rootfs, "true"]);
  const headings = (text: string): string[] => text.split("\n").filter((it) => /^[a-z-]+: /.test(it));
  expect(headings(stdout)).toEqual(headings(stderr));
  expect(stdout).toMatch(/^overlay: mount \/proc\n +\d+\.\d{3} ms {2}init {3}mkdirat\(/m);
});
