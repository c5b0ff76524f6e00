// The lab: a Linux kernel of our own, booted in about two seconds as an ordinary process (user-mode-linux), where
// cgroup v2 has its controllers whatever the machine's own kernel was given. The file tree inside is the host's,
// read-only.
//
//   const lab = await Lab.boot();
//   const { exitCode, stdout } = await lab.run("cat /sys/fs/cgroup/cgroup.controllers");
//   await lab.close();
//
// It has one CPU, `cpu io memory pids`, v1 hierarchies for whoever mounts them, user namespaces, seccomp, overlay,
// bridge, veth and nf_tables; it has no time namespace, no cpuset, no pressure files, no nf_tables NAT chains and no
// swap.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { quoteWord } from "../../src/core/words.ts";

const kernel = "/usr/bin/linux.uml";
const repository = dirname(dirname(import.meta.dir));
const bootSeconds = 60;

export interface LabOptions {
  /** What the kernel takes for its RAM: `512M`, `1G` (the default). */
  readonly memory?: string;
}

export interface LabRunOptions {
  /** Seconds after which the command is killed; 60 by default. */
  readonly timeout?: number;
}

export interface LabResult {
  /** 124 where the command took too long; 128 + n where signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why there is no lab on this machine, or undefined where there is one. */
export function labProblem(): string | undefined {
  if (existsSync(kernel)) return undefined;
  return `${kernel} is not installed (Debian: apt-get install user-mode-linux kmod)`;
}

/** Shell words that run this repository's Bun inside. */
export const bun = quoteWord(process.execPath);

export class Lab {
  /** A folder of the host, and inside /run/lab/share: what is written to it on either side is seen on the other. */
  readonly share: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #console = "";
  #wake: () => void = () => {};
  #alive = true;
  #serial = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(share: string, child: ChildProcess) {
    this.share = share;
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (bytes: Buffer) => {
        this.#console += bytes.toString();
        this.#wake();
      });
    }
    this.#ended = new Promise((resolve) => {
      child.on("close", () => {
        this.#alive = false;
        this.#wake();
        resolve();
      });
    });
  }

  /** Boots a kernel. Throws with its console's last words if it does not come up. */
  static async boot(options: LabOptions = {}): Promise<Lab> {
    const problem = labProblem();
    if (problem !== undefined) throw new Error(problem);
    const share = mkdtempSync(join(tmpdir(), "minidocker-lab-"));
    const uml = join(share, "uml");
    const child = spawn(
      kernel,
      [
        `mem=${options.memory ?? "1G"}`,
        "rootfstype=hostfs rootflags=/ ro quiet loglevel=1 panic=-1 con=null con0=fd:0,fd:1".split(" "),
        "init=/bin/sh",
        `uml_dir=${uml}`,
        "umid=lab",
        `LAB_SHARE=${share}`,
        `LAB_CWD=${repository}`,
        "--",
        join(import.meta.dir, "init.sh"),
      ].flat(),
      // A session of its own: the kernel runs each of its address spaces as a process, all in that group.
      { detached: true, stdio: ["pipe", "pipe", "pipe"] },
    );
    const lab = new Lab(share, child);
    try {
      await lab.#answer(/^lab ready\r?$/m, bootSeconds);
    } catch (error) {
      await lab.close();
      throw error;
    }
    return lab;
  }

  /** Runs a command with the shell inside, in this repository's folder, as root. One at a time. */
  run(command: string, options: LabRunOptions = {}): Promise<LabResult> {
    const result = this.#queue.then(() => this.#run(command, options.timeout ?? 60));
    this.#queue = result.catch(() => {});
    return result;
  }

  async #run(command: string, seconds: number): Promise<LabResult> {
    const number = ++this.#serial;
    const file = (name: string): string => join(this.share, `${number}.${name}`);
    writeFileSync(file("sh"), command);
    this.#process.stdin?.write(`${number} ${seconds}\n`);
    const [, status] = await this.#answer(new RegExp(`^lab ${number} (\\d+)\\r?$`, "m"), seconds + 15);
    return {
      exitCode: Number(status),
      stdout: readFileSync(file("out"), "utf8"),
      stderr: readFileSync(file("err"), "utf8"),
    };
  }

  // The kernel is asked on its console and answers there; a kernel that hangs or dies is told by the clock or the end
  // of file.
  async #answer(pattern: RegExp, seconds: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = pattern.exec(this.#console);
      if (found !== null) return found;
      const left = deadline - Date.now();
      if (!this.#alive || left <= 0) {
        const what = this.#alive ? `gave no answer within ${seconds} s` : "ended";
        throw new Error(`the lab's kernel ${what}; its console:\n${this.#console.slice(-2000)}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
    }
  }

  /** Switches the machine off and removes its folder. */
  async close(): Promise<void> {
    this.#process.stdin?.end();
    if (this.#alive && this.#process.pid !== undefined) kill(this.#process.pid);
    await this.#ended;
    rmSync(this.share, { recursive: true, force: true });
  }
}

// Nothing inside is worth a shutdown: its file systems are memory. The group's leader is our own child, not yet
// waited for, so the number cannot have been given to anybody else.
function kill(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
