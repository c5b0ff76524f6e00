// `bun run bench`: how long it takes to run a container that does nothing, next to runc and crun.
//
//   bun bench/run.ts [--runs N] [--json] [--network MODE]
//
// Everything is measured in one go and in turns (A B C A B C …), so that whatever else the machine does hits all alike.
// Time is that of the whole process, from its start to its end, as somebody at a shell would see it.

import { existsSync, mkdtempSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeRootfs } from "../test/harness/rootfs.ts";
import { type Remaining, remaining } from "./memory.ts";
import { type Bench, environment, RELEASE, removeAll, type Subject, subjects } from "./subjects.ts";

interface Times {
  readonly subject: string;
  /** Milliseconds. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  /** User and system time of the process and all that it waited for; the least of all runs, as noise only adds to it. */
  readonly cpu: number;
}

interface LayerTime {
  readonly layer: string;
  readonly calls: number;
  readonly milliseconds: number;
}

function runOnce({ name, command, cwd, env }: Subject): { milliseconds: number; cpu: number } {
  const start = Bun.nanoseconds();
  const { exitCode, stderr, resourceUsage } = Bun.spawnSync([...command], { cwd, env: { ...env }, stdout: "ignore" });
  const milliseconds = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(`${name}: exit code ${exitCode}: ${stderr}`);
  return { milliseconds, cpu: Number(resourceUsage.cpuTime.total) / 1000 };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
}

function measure(all: readonly Subject[], runs: number): Times[] {
  for (const it of all) runOnce(it); // so that every file has been read once
  const times = all.map(() => [] as ReturnType<typeof runOnce>[]);
  for (let round = 0; round < runs; round++) for (const [i, it] of all.entries()) times[i]?.push(runOnce(it));
  return all.map((it, i) => {
    const sorted = (times[i] ?? []).map((time) => time.milliseconds).toSorted((a, b) => a - b);
    const cpu = Math.min(...(times[i] ?? []).map((time) => time.cpu));
    const [median, fastest, slowest] = [0.5, 0, 1].map((part) => quantile(sorted, part)) as [number, number, number];
    return { subject: it.name, median, fastest, slowest, cpu };
  });
}

/** The time between one call's result and the next one's belongs to the layer of the later. */
async function byLayer(bench: Bench, subject: Subject): Promise<LayerTime[]> {
  const file = join(bench.folder, "trace.jsonl");
  const [program, ...args] = subject.command as [string, ...string[]];
  const at = args.indexOf("run") + 1;
  Bun.spawnSync([program, ...args.slice(0, at), `--trace=${file}`, ...args.slice(at)], { env: environment(bench) });
  const rows = (await Bun.file(file).text())
    .trim()
    .split("\n")
    .map((it) => JSON.parse(it) as { layer: string; time: number });
  const layers = new Map<string, { calls: number; micros: number }>();
  let before = 0;
  for (const { layer, time } of rows) {
    const sum = layers.get(layer) ?? { calls: 0, micros: 0 };
    layers.set(layer, { calls: sum.calls + 1, micros: sum.micros + time - before });
    before = time;
  }
  return [...layers].map(([layer, { calls, micros }]) => ({ layer, calls, milliseconds: micros / 1000 }));
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/**
 * Where everything of everybody lies but the programs: in memory, as /run does. ext4 gives no inode away again for five seconds, and looks through all
 * of those each time that it makes one: whoever makes and removes files again and again measures mostly that.
 */
function inMemory(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

const ms = (value: number): string => value.toFixed(1);

function printTimes(times: readonly Times[], runs: number, mode: string): void {
  const others = times.filter((it) => /^(crun|runc)/.test(it.subject));
  const best = Math.min(...others.map((it) => it.median));
  const ratio = (it: Times): string => (Number.isFinite(best) ? `${(it.median / best).toFixed(2)} ×` : "");
  console.log(`run /bin/true and remove the container, network ${mode}; ${runs} runs each, in turns; milliseconds\n`);
  const rows = times.map((it) => [it.subject, ms(it.median), ms(it.fastest), ms(it.slowest), ms(it.cpu), ratio(it)]);
  console.log(table([["", "median", "fastest", "slowest", "least CPU", "to the faster runtime"], ...rows]));
  console.log(`\nThe same namespaces (but for time), cgroup, mounts, masked paths, capabilities, no-new-privileges and
seccomp profile everywhere. minidocker also makes an overlay and keeps a log; runc and crun do neither. The empty program makes no
container: it shows what Bun itself takes.`);
}

function printRest(layers: readonly LayerTime[], memory: readonly Remaining[]): void {
  console.log("\nwhere one traced run of the release build spends it (starting Bun and loading code come before)\n");
  const rows = layers.map((it) => [it.layer, String(it.calls), ms(it.milliseconds)]);
  console.log(table([["layer", "calls", "ms"], ...rows]));
  console.log("\nwhat stays behind a running container, private memory\n");
  console.log(table(memory.map((it) => [`${it.name} (pid ${it.pid})`, `${it.privateKiB} KiB`])));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "20" },
      json: { type: "boolean", default: false },
      network: { type: "string", default: "none" },
    },
  });
  const newFolder = (place: string): string => mkdtempSync(join(place, "minidocker-bench-"));
  const folder = newFolder(inMemory());
  const bench: Bench = {
    folder,
    programs: newFolder(tmpdir()),
    rootfs: makeRootfs(join(folder, "rootfs")),
    options: ["--network", values.network],
  };
  try {
    const all = await subjects(bench);
    const runs = Number(values.runs);
    const times = measure(all, runs);
    const ours = all.find((it) => it.name === RELEASE) as Subject;
    const layers = await byLayer(bench, ours);
    const memory = await remaining(bench, ours);
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), bun: Bun.version };
    if (values.json)
      console.log(JSON.stringify({ machine, runs, network: values.network, times, layers, memory }, null, 2));
    else {
      console.log(`${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Bun ${machine.bun}\n`);
      printTimes(times, runs, values.network);
      printRest(layers, memory);
    }
  } finally {
    removeAll(bench);
  }
}

const INSIDE = "MINIDOCKER_BENCH_INSIDE";

// In a mount namespace of its own, where the second cgroup tree of a hybrid host is out of sight: crun refuses such hosts.
async function inPrivate(): Promise<number> {
  const hide = 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"';
  const argv = [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    hide,
    "sh",
    process.execPath,
    ...Bun.argv.slice(1),
  ];
  const child = Bun.spawn(argv, { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, [INSIDE]: "1" } });
  return await child.exited;
}

if (process.env[INSIDE] === "1") await main();
else process.exitCode = await inPrivate();
