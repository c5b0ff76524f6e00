// The learner's place of work: a folder of the lesson's own in which its scripts run, with a minidocker whose containers are
// the lesson's own too. A second terminal gets the same with `. FOLDER/env`. What is started here carries the lesson's token in
// its environment, so that all of it can be found and ended, whoever started it.

import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { quoteWord } from "../../core/words.ts";
import type { ScriptOutcome } from "../../engine/held.ts";
import { openPaths, type Paths } from "../../state/paths.ts";
import { isAlive, type ProcessIdentity, self } from "../../state/process.ts";
import { Guardian, TOKEN, TOKEN_FILE } from "./guardian.ts";
import { runScript } from "./script.ts";

/** As TOKEN, for what one counterproof has started. */
const COUNTERPROOF = "MINIDOCKER_COUNTERPROOF";

export interface ShellOptions {
  readonly signal?: AbortSignal | undefined;
  /** Layers that every `minidocker run` in the script leaves out. */
  readonly without?: readonly string[] | undefined;
  /** Which counterproof it belongs to: see `endCounterproof`. */
  readonly counterproof?: string | undefined;
}

export class Workbench {
  /** Where scripts begin. */
  readonly folder: string;
  /** What a second terminal reads. */
  readonly envFile: string;
  /** Of the lesson's own containers. */
  readonly paths: Paths;
  readonly #root: string;
  readonly #token: string;
  readonly #guardian: Guardian;
  #pid: number | undefined;

  private constructor(root: string, token: string, command: readonly string[]) {
    this.#root = root;
    this.#token = token;
    this.folder = join(root, "work");
    this.envFile = join(root, "env");
    for (const it of ["work", "bin"]) mkdirSync(join(root, it), { mode: 0o700 });
    this.paths = openPaths({ MINIDOCKER_STATE: join(root, "state"), MINIDOCKER_DATA: join(root, "data") });
    writeFileSync(join(root, "bin/minidocker"), shim(command));
    chmodSync(join(root, "bin/minidocker"), 0o755);
    this.#writeEnvironment();
    writeFileSync(join(root, TOKEN_FILE), `${token}\n`, { mode: 0o600 });
    this.#guardian = Guardian.start({ root });
  }

  /** `command` is how minidocker is called. Its folder is below `data`, where overlays can be made, not in memory. */
  static async open({ data }: Paths, command: readonly string[]): Promise<Workbench> {
    await sweep(join(data, "lessons"));
    const [name, token] = [6, 16].map((it) => randomBytes(it).toString("hex")) as [string, string];
    const root = join(data, "lessons", name);
    mkdirSync(root, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(join(root, OWNER), JSON.stringify(self()));
      return new Workbench(realpathSync(root), token, command);
    } catch (error) {
      // the disk is full, say: nothing has run in it, and there is no guardian yet
      rmSync(root, { recursive: true, force: true });
      throw error;
    }
  }

  /** The pid of the lesson's container, for scripts: `$CONTAINER_PID`. */
  set containerPid(pid: number | undefined) {
    if (pid === this.#pid) return;
    this.#pid = pid;
    this.#writeEnvironment();
  }

  /** In the learner's shell: variables and the working directory are those that the script before has left. */
  run(script: string, options: ShellOptions = {}): Promise<ScriptOutcome> {
    return this.#run(script, "keep", options);
  }

  /** The same shell, but nothing of it is kept: for looking. */
  look(script: string, options: ShellOptions = {}): Promise<ScriptOutcome> {
    return this.#run(script, "", options);
  }

  #run(script: string, keep: string, { signal, without = [], counterproof }: ShellOptions): Promise<ScriptOutcome> {
    const left = without.map((it) => `-${it}`).join(",");
    return runScript(["sh", "-c", wrapper(this.#root), "sh", script, keep], {
      signal,
      pipes: join(this.#root, `pipe-${this.#token}`),
      cwd: this.folder,
      env: {
        ...process.env,
        LC_ALL: "C",
        NO_COLOR: "1",
        [TOKEN]: this.#token,
        ...(left === "" ? {} : { MINIDOCKER_WITHOUT: left }),
        ...(counterproof === undefined ? {} : { [COUNTERPROOF]: `${this.#token}-${counterproof}` }),
      },
    });
  }

  /** The containers that the lesson's minidocker has made and not removed. */
  get containers(): string[] {
    return readdirSync(join(this.paths.state, "containers")).filter((it) => !it.startsWith("."));
  }

  /** Ends what a counterproof has started, and removes the containers that were not there `before`. */
  async endCounterproof(counterproof: string, before: readonly string[]): Promise<void> {
    await this.#guardian.endProcesses(COUNTERPROOF, counterproof);
    await this.#removeContainers(this.containers.filter((it) => !before.includes(it)));
  }

  async #removeContainers(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.look(`minidocker rm -f ${ids.join(" ")} >/dev/null`);
  }

  /** As at the beginning: nothing runs, and the folder is empty. A terminal that has read `envFile` goes on. `keep`: a container. */
  async reset(keep: string | undefined): Promise<void> {
    await this.#guardian.clear();
    await this.#removeContainers(this.containers.filter((it) => it !== keep));
  }

  /** Ends everything that was started here, removes its containers, and the folder. */
  close(): Promise<void> {
    return this.#guardian.finish();
  }

  #writeEnvironment(): void {
    const { state, data } = this.paths;
    const bin = join(this.#root, "bin");
    const lines = [
      "# A lesson's own minidocker and folder, for another terminal.",
      `export ${TOKEN}=${this.#token} MINIDOCKER_STATE=${quoteWord(state)} MINIDOCKER_DATA=${quoteWord(data)}`,
      `case ":$PATH:" in *:${quoteWord(bin)}:*) ;; *) PATH=${quoteWord(bin)}:$PATH; export PATH ;; esac`,
      this.#pid === undefined ? "unset CONTAINER_PID" : `export CONTAINER_PID=${this.#pid}`,
      `cd ${quoteWord(this.folder)}`,
    ];
    writeFileSync(this.envFile, `${lines.join("\n")}\n`, { mode: 0o600 });
  }
}

const OWNER = "owner";

/** Lessons whose minidocker and guardian were both killed, or that a power cut has ended. */
async function sweep(lessons: string): Promise<void> {
  if (!existsSync(lessons)) return;
  for (const name of readdirSync(lessons)) {
    const root = join(lessons, name);
    const owner = ownerOf(root);
    // without an owner, it is just being made, or removed; or that was not finished
    const over = owner === undefined ? ageOf(root) > LONG : !isAlive(owner);
    if (over) await Guardian.sweep({ root: realpathSync(root) });
  }
}

/** Milliseconds. */
const LONG = 60_000;

/** How long nothing has come or gone in the folder. */
function ageOf(root: string): number {
  return Date.now() - (statSync(root, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

function ownerOf(root: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(root, OWNER), "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** `minidocker` as the lesson's scripts find it in their PATH. */
function shim(command: readonly string[]): string {
  return `#!/bin/sh
if [ "\${1-}" = run ] && [ -n "\${MINIDOCKER_WITHOUT-}" ]; then
  shift
  set -- run "--layers=$MINIDOCKER_WITHOUT" "$@"
fi
exec ${command.map(quoteWord).join(" ")} "$@"
`;
}

// What a script leaves is kept when its shell ends, also by `exit`: `set -a` makes every variable one that `export -p` lists.
function wrapper(root: string): string {
  const [kept, env] = [quoteWord(join(root, "kept")), quoteWord(join(root, "env"))];
  return `export PWD
[ ! -e ${kept} ] || . ${kept}
_here=$PWD
. ${env}
cd "$_here"
[ -z "$2" ] || trap '_status=$?; set +a; export -p >"${join(root, "kept")}"; exit $_status' EXIT
set -a
_script=$1
set --
eval "$_script"`;
}
