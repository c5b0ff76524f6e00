// A host of the test's own: mount, pid, network, UTS and IPC namespaces in which minidocker is run as if on a machine of
// its own. So tests cannot disturb the machine nor each other, everything that is left behind is surely theirs,
// and it ends with them: when its first process dies, the kernel kills the rest. Control groups are the machine's.

import { afterAll, beforeAll } from "bun:test";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guardHost } from "./guard.ts";
import { processEntry, processes, processLink } from "./processes.ts";
import { type Outcome, Run, type RunOptions, waitUntil } from "./run.ts";
import { isRoot } from "./skip.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";
import { openTerminal, type TerminalOptions, type TestTerminal } from "./terminal.ts";

const repository = join(import.meta.dir, "../..");

/** The ordinary user of rootless tests. */
export const TESTER = { name: "tester", uid: 1000, gid: 1000 } as const;
/** As subuid(5) and subgid(5) have it: 65,536 ids from 200,000 on. */
const SUBORDINATE = `${TESTER.name}:200000:65536\n`;

export interface MinidockerOptions extends RunOptions {
  /** Run as `TESTER` instead of root. */
  readonly rootless?: boolean;
  /** `TESTER` has subordinate ids. */
  readonly subordinate?: boolean;
  /** What is run as minidocker; by default the program from source. */
  readonly program?: readonly string[];
}

export class PrivateHost {
  /** Removed with everything in it at the end; an ordinary user can pass through it. */
  readonly folder: string;
  /** The first process of the host, as the test process sees it. */
  readonly pid: number;
  /** Whether `TESTER` has subordinate ids. */
  #granted = false;
  readonly #holder: Bun.Subprocess<"pipe", "pipe", "inherit">;

  private constructor(folder: string, pid: number, holder: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.folder = folder;
    this.pid = pid;
    this.#holder = holder;
  }

  static async start(): Promise<PrivateHost> {
    const folder = temporaryFolder();
    makeFolders(folder);
    const unshare = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--mount-proc", "--propagation=private"];
    const holder = Bun.spawn([...unshare, "--fork", "--kill-child", "bash", "-c", setUp, "private-host", folder], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const reader = holder.stdout.getReader();
    const ready = await reader.read();
    reader.releaseLock();
    const inner = [...processes().values()].find((it) => it.parent === holder.pid);
    if (ready.done || inner === undefined) throw new Error("the private host did not start: see above");
    return new PrivateHost(folder, inner.pid, holder);
  }

  /** Ends every process of the host. Throws when something had escaped, or minidocker used a folder it was not given. */
  async close(): Promise<void> {
    this.#holder.kill("SIGKILL"); // unshare, whose child has asked to die with it
    await this.#holder.exited;
    await waitUntil(
      // as an orphan it is handed to this process, which does not reap it
      () => (processEntry(this.pid)?.state ?? "Z") === "Z",
      5000,
      () => "the private host does not end",
    );
    const strayed = ["run", "lib"].filter((it) => existsSync(join(this.folder, "host", it, "upper/minidocker")));
    removeFolder(this.folder);
    if (strayed.length > 0) throw new Error(`minidocker has used the default folders: ${strayed.join(", ")}`);
  }

  /** A file of the host, for looking at it from outside: `host.path("/proc/12/status")`. */
  path(inside: string): string {
    return `/proc/${this.pid}/root${inside}`;
  }

  /** The pids below /proc of this host → those that the test process sees. */
  outerPid(pid: number): number {
    const namespace = processLink(this.pid, "ns/pid");
    for (const { pid: outer } of processes().values()) {
      const status = readOr(`/proc/${outer}/status`);
      const nested = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
      if (nested[1] === pid && (nested.length > 2 || processLink(outer, "ns/pid") === namespace)) return outer;
    }
    throw new Error(`no process ${pid} in the private host`);
  }

  /** Any command inside, as root. */
  async command(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return this.start(argv, options).outcome;
  }

  /** A command that is still running when this returns. */
  start(argv: readonly string[], options: MinidockerOptions = {}): Run {
    this.#grant(options);
    return Run.start(this.#enter(argv, options), { ...options, env: this.#environment(options) });
  }

  /** `minidocker ARGS` with state and data in this host's folder. */
  minidocker(args: readonly string[], options: MinidockerOptions = {}): Promise<Outcome> {
    return this.startMinidocker(args, options).outcome;
  }

  startMinidocker(args: readonly string[], options: MinidockerOptions = {}): Run {
    return this.start([...(options.program ?? fromSource), ...args], options);
  }

  /** `minidocker ARGS` on a terminal of its own. */
  terminal(args: readonly string[], options: MinidockerOptions & TerminalOptions = {}): TestTerminal {
    return this.onTerminal(minidockerCommand(args), options);
  }

  /** Any other command on a terminal of its own. */
  onTerminal(argv: readonly string[], options: MinidockerOptions & TerminalOptions = {}): TestTerminal {
    // nsenter and setsid stay in front of it, where no Ctrl-C and no hang-up reaches them
    const session = ["setsid", "--fork", "--wait", "--ctty", "--"];
    const command = this.#enter(argv, options, session);
    this.#grant(options);
    return openTerminal(command, { ...options, env: this.#environment(options) });
  }

  #grant({ subordinate = false }: MinidockerOptions): void {
    if (subordinate === this.#granted) return;
    this.#granted = subordinate;
    // in place: the files are mounted
    for (const it of ["subuid", "subgid"]) writeFileSync(join(this.folder, "host", it), subordinate ? SUBORDINATE : "");
  }

  #enter(argv: readonly string[], { rootless, cwd }: MinidockerOptions, session: readonly string[] = []): string[] {
    const enter = ["nsenter", "-t", String(this.pid), "-m", "-p", "-n", "-u", "-i", `--wd=${cwd ?? this.folder}`, "--"];
    const signals = ["env", "--default-signal"]; // the test run itself may have been started with SIGINT ignored
    const user = [
      "setpriv",
      `--reuid=${TESTER.uid}`,
      `--regid=${TESTER.gid}`,
      "--clear-groups",
      "--inh-caps=-all",
      "--",
    ];
    return [...enter, ...session, ...signals, ...(rootless ? user : []), ...argv];
  }

  #environment({ rootless, env }: MinidockerOptions): Record<string, string> {
    const own = join(this.folder, rootless ? "user" : "root");
    return {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: join(own, "home"),
      XDG_RUNTIME_DIR: join(own, "run"),
      MINIDOCKER_STATE: join(own, "state"),
      MINIDOCKER_DATA: join(own, "data"),
      ...env,
    };
  }
}

const fromSource = [process.execPath, join(repository, "src/main.ts")];

/** The command line of minidocker, from source. */
export function minidockerCommand(args: readonly string[]): string[] {
  return [...fromSource, ...args];
}

/** A private host for the tests of a file, with the guard around each. Call once, at the top. */
export function privateHost(): PrivateHost {
  let host: PrivateHost | undefined;
  beforeAll(async () => {
    if (isRoot) host = await PrivateHost.start();
  });
  guardHost(() => host?.pid ?? "self");
  afterAll(() => host?.close());
  return new Proxy({} as PrivateHost, {
    get(_, name) {
      if (host === undefined) throw new Error("the private host is there within tests only, and needs root");
      const value = Reflect.get(host, name) as unknown;
      return typeof value === "function" ? value.bind(host) : value;
    },
  });
}

// Runs as the host's first process; $1 is its folder. What minidocker might write to the default folders stays in
// overlays, so that it can be seen. bash reaps orphans while it waits for its stdin to end.
const setUp = `
set -e
ip link set lo up
# as on a machine that has had containers before: the first bridge would say that it has switched this on
echo 1 >/proc/sys/net/ipv4/ip_forward
for it in run lib; do
  at=/run; [ $it = run ] || at=/var/lib
  mount -t overlay -o lowerdir=$at,upperdir=$1/host/$it/upper,workdir=$1/host/$it/work overlay $at
done
for it in passwd group subuid subgid; do
  [ ! -e /etc/$it ] || mount --bind $1/host/$it /etc/$it
done
echo ready
read -r _ || true
`;

function makeFolders(folder: string): void {
  for (const it of ["host/run/upper", "host/run/work", "host/lib/upper", "host/lib/work"]) {
    mkdirSync(join(folder, it), { recursive: true });
  }
  for (const [user, uid] of [
    ["root", 0],
    ["user", TESTER.uid],
  ] as const) {
    for (const it of ["home", "run", "state", "data"])
      mkdirSync(join(folder, user, it), { recursive: true, mode: 0o700 });
    if (isRoot) for (const it of ["", "home", "run", "state", "data"]) chownSync(join(folder, user, it), uid, uid);
  }
  const { name, uid, gid } = TESTER;
  writeAccounts(folder, "passwd", `${name}:x:${uid}:${gid}::${folder}/user/home:/bin/sh`, uid);
  writeAccounts(folder, "group", `${name}:x:${gid}:`, gid);
  for (const it of ["subuid", "subgid"]) writeFileSync(join(folder, "host", it), "");
}

// The machine's accounts, with ours in the place of whoever has its number.
function writeAccounts(folder: string, file: string, row: string, id: number): void {
  const others = readFileSync(`/etc/${file}`, "utf8")
    .split("\n")
    .filter((it) => it !== "" && it.split(":")[2] !== String(id));
  writeFileSync(join(folder, "host", file), [...others, row, ""].join("\n"));
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
