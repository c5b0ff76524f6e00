// What is no layer, because no isolation comes from it: the streams, the terminal, limits and signals of the process,
// and the execve with which the init stage becomes the program.

import { EACCES, EDQUOT, ENOENT, ENOEXEC, ENOSYS, ENOTDIR, EPERM } from "../abi/errno.ts";
import { AT_FDCWD, CLOSE_RANGE_CLOEXEC, F_OK, O_CLOEXEC, O_WRONLY, X_OK } from "../abi/fcntl.ts";
import { KEYCTL_JOIN_SESSION_KEYRING } from "../abi/keyctl.ts";
import { PR_SET_PDEATHSIG } from "../abi/prctl.ts";
import { RLIM_INFINITY, RLIMIT } from "../abi/resource.ts";
import { SIG_SETMASK, SIGKILL, SIGSET_SIZE, sigsetOf } from "../abi/signal.ts";
import type { Result } from "../stage/call.ts";
import type { Stage } from "../stage/stage.ts";
import type { Context, Phase } from "./layer.ts";
import { type Nothing, openEnded, openNull, replacement } from "./nothing.ts";
import { Refusal } from "./refusal.ts";
import { Slot } from "./slot.ts";
import { enabled, extension, namespaceOf, type Spec } from "./spec.ts";

/**
 * The container's ends of its streams (`inside`), and the supervisor's; -1: nothing. Known once the calls have
 * been made that open them.
 */
export interface Streams {
  readonly inside: readonly [number, number, number];
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

export const STREAMS = new Slot<Streams>("the program's streams", "openStreams or openResident");

/** What stands for a stream that is nothing, in the init stage. Not every container has one. */
export const NOTHING = new Slot<Nothing>("what is nothing", "prepareProcess");

/** The path of the program in the container. */
const PROGRAM = new Slot<string>("the program's path", "settleProcess");

/** Before the layers: pipes for what the program reads and writes. Its child inherits them. */
export function openStreams(interactive: boolean): Phase {
  return {
    name: "process",
    async apply(ctx) {
      ctx.step("pipes for stdin, stdout, stderr");
      const { host } = ctx;
      const [out, err] = [await pipe(host), await pipe(host)];
      // never the caller's own descriptors: through a terminal a container could type into the caller's shell (TIOCSTI)
      const input = interactive ? await pipe(host) : undefined;
      const streams: Streams = {
        get inside(): Streams["inside"] {
          return [input === undefined ? -1 : ends(input).read, ends(out).write, ends(err).write];
        },
        get stdin() {
          return input === undefined ? -1 : ends(input).write;
        },
        get stdout() {
          return ends(out).read;
        },
        get stderr() {
          return ends(err).read;
        },
      };
      STREAMS.leave(ctx, streams);
    },
  };
}

async function pipe(host: Stage): Promise<Result> {
  return await host.pipe2(8, O_CLOEXEC, { assume: new Uint8Array([3, 0, 0, 0, 4, 0, 0, 0]) });
}

function ends(result: Result): { read: number; write: number } {
  const view = new DataView(result.bytes.buffer, result.bytes.byteOffset, 8);
  return { read: view.getInt32(0, true), write: view.getInt32(4, true) };
}

/**
 * After the file tree is there, and while the process is still privileged: everything that later calls could not do.
 */
export const prepareProcess: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage, spec } = ctx;
    const { inside } = STREAMS.of(ctx);
    const needed = extension(spec, "init") || (!spec.process.terminal && inside.includes(-1));
    const nothing = needed ? await openNothing(ctx) : undefined;
    // with a terminal of its own, both have been done: the terminal belongs to the session
    if (!spec.process.terminal) {
      ctx.step("a session of its own");
      await stage.setsid();
      ctx.step("connect stdin, stdout, stderr");
      await connect(stage, inside, nothing);
    }
    ctx.step("a keyring of its own");
    // What the caller keeps in theirs (of Kerberos, of encrypted disks) would be the program's to read. EPERM: a filter
    // around minidocker refuses this call, and with it every way to those keys.
    await stage.keyctl(KEYCTL_JOIN_SESSION_KEYRING, null, {
      tolerate: [ENOSYS, EPERM],
      cause: { [EDQUOT]: "this user has as many keys as /proc/sys/kernel/keys/maxkeys allows" },
    });
    ctx.step("let no other descriptor survive");
    // a descriptor of a host directory would be a way out of the container (CVE-2024-21626)
    await stage.close_range(3, 0xffff_ffff, CLOSE_RANGE_CLOEXEC);
    await limits(ctx);
  },
};

async function openNothing(ctx: Context): Promise<Nothing> {
  ctx.step("open what is nothing");
  const nothing = hasOwnDev(ctx.spec) ? await openNull(ctx.stage) : await openEnded(ctx.stage);
  NOTHING.leave(ctx, nothing);
  return nothing;
}

/** Elsewhere the image, or a volume, has put into /dev whatever it liked: opening that may fail, or wait. */
function hasOwnDev(spec: Spec): boolean {
  const covered = spec.mounts.some((it) => it.type === "bind" && /^\/dev(\/null)?\/*$/.test(it.destination));
  return enabled(spec, "overlay") && namespaceOf(spec, "mount") !== undefined && !covered;
}

async function connect(stage: Stage, inside: Streams["inside"], nothing: Nothing | undefined): Promise<void> {
  for (const [target, fd] of inside.entries()) await stage.dup3(fd === -1 && nothing ? nothing.fd : fd, target, 0);
}

/** The answers are there: what was taken for the null device may be none. */
async function connectAgain(ctx: Context): Promise<void> {
  const [nothing, { inside }] = [NOTHING.find(ctx), STREAMS.of(ctx)];
  const other = nothing && (await replacement(ctx.stage, nothing));
  if (other === undefined) return;
  NOTHING.leave(ctx, other);
  if (!ctx.spec.process.terminal) await connect(ctx.stage, inside, other);
}

async function limits(ctx: Context): Promise<void> {
  const { rlimits = [], oomScoreAdj } = ctx.spec.process;
  if (rlimits.length > 0) ctx.step("set resource limits");
  for (const { type, soft, hard } of rlimits) {
    if (!Object.hasOwn(RLIMIT, type)) throw new Refusal(`process.rlimits: no limit is called ${JSON.stringify(type)}`);
    const resource = RLIMIT[type as keyof typeof RLIMIT];
    const value = { cur: unlimited(soft), max: unlimited(hard) };
    const cause = { [EPERM]: `raising ${type} above this process's own hard limit needs CAP_SYS_RESOURCE` };
    await ctx.stage.prlimit64(0, resource, value, 0, { cause });
  }
  if (oomScoreAdj === undefined) return;
  ctx.step("set the OOM score");
  const fd = await ctx.host.openat(AT_FDCWD, `/proc/${ctx.pid}/oom_score_adj`, O_WRONLY | O_CLOEXEC, 0);
  await ctx.host.write(fd, String(oomScoreAdj), String(oomScoreAdj).length);
  await ctx.host.close(fd);
}

const unlimited = (value: number): bigint => (value < 0 ? RLIM_INFINITY : BigInt(value));

/** As the user it will be: the working directory, and which file the command's name stands for. */
export const settleProcess: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage, spec } = ctx;
    ctx.step("enter the working directory");
    const { cwd } = spec.process;
    await stage.chdir(cwd, {
      cause: {
        [ENOENT]: `the working directory ${cwd} does not exist in the image`,
        [ENOTDIR]: `the working directory ${cwd} is not a folder`,
        [EACCES]: `the user of the container may not enter the working directory ${cwd}`,
      },
    });
    await stage.umask(spec.process.user.umask ?? 0o022);
    ctx.step("find the program");
    PROGRAM.leave(ctx, await findProgram(ctx));
    await connectAgain(ctx);
    ctx.step("hand over the process");
    // setresuid has cleared it: if the supervisor is killed, the container goes with it
    await stage.prctl_PR_SET_PDEATHSIG(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    await stage.rt_sigprocmask(SIG_SETMASK, { bits: sigsetOf([]) }, 0, SIGSET_SIZE);
  },
};

/** execvp's search, in the container's own PATH and with its user's rights. */
async function findProgram(ctx: Context): Promise<string> {
  const { stage, spec } = ctx;
  const command = spec.process.args[0] as string;
  const path = spec.process.env.findLast((it) => it.startsWith("PATH="))?.slice(5) ?? "/usr/local/bin:/usr/bin:/bin";
  const searched = !command.includes("/");
  const candidates = searched ? path.split(":").map((it) => `${it || "."}/${command}`) : [command];
  const tried: { file: string; executable: Result; folder: Result | undefined }[] = [];
  const tolerate = [ENOENT, EACCES, ENOTDIR];
  for (const file of candidates) {
    const executable = await stage.faccessat2(AT_FDCWD, file, X_OK, 0, { tolerate });
    // a folder may have that bit, too; of all files, it is the only one whose name may end so
    const asFolder = { tolerate, assume: -ENOTDIR };
    const folder = searched ? await stage.faccessat2(AT_FDCWD, `${file}/`, F_OK, 0, asFolder) : undefined;
    tried.push({ file, executable, folder });
  }
  stage.flush();
  const found = tried.find(({ executable, folder }) => executable.ok && folder?.ok !== true);
  if (found !== undefined) return found.file;
  if (tried.some(({ executable }) => executable.value === -EACCES))
    throw new Refusal(`${command}: permission denied: not an executable file`, 126);
  const where = searched ? `not found in the container's PATH (${path})` : "no such file in the container";
  throw new Refusal(`${command}: ${where}`, 127);
}

/** The last frame: the filter, if there is one, and this. End of file without a reply means that the program runs. */
export const executeProgram: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage, spec } = ctx;
    ctx.step("execute the program");
    await stage.execve(PROGRAM.of(ctx), spec.process.args, spec.process.env, {
      cause: {
        [ENOENT]: "the file is there, but its interpreter (ELF loader or #! line) is not",
        [EACCES]: "a folder, or no executable file, or on a file system mounted noexec",
        [ENOEXEC]: "exec format error: neither a program for this machine nor a script with a #! line",
      },
    });
    stage.flush();
  },
};
