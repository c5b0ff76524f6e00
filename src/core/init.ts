// `--init`: PID 1 is not the program but the init stage itself. It reaps orphans, which programs seldom do,
// and forwards signals, which PID 1 does not get unless it has a handler for them; the program is its child,
// with a program's usual rights.

import { capabilityMask, LINUX_CAPABILITY_VERSION_3 } from "../abi/capability.ts";
import { ENOSYS, EPERM } from "../abi/errno.ts";
import { PR_SET_NO_NEW_PRIVS } from "../abi/prctl.ts";
import { SFD_CLOEXEC, SIG, SIG_SETMASK, SIGSET_SIZE, sigsetOf } from "../abi/signal.ts";
import { Memory, type Result } from "../stage/call.ts";
import { supervise } from "../stage/wire.ts";
import type { Context, Phase } from "./layer.ts";
import { NOTHING } from "./process.ts";
import { Slot } from "./slot.ts";
import { enabled } from "./spec.ts";
import { forwarded } from "./supervise.ts";

/** As the init stage sees it. */
const PROGRAM_PID = new Slot<number>("the program's pid", "prepareInit");
const SIGNALS = new Slot<Result>("the descriptor of init's signals", "prepareInit");

export const prepareInit: Phase = {
  name: "process",
  async apply(ctx) {
    ctx.step("clone the program from init");
    PROGRAM_PID.leave(ctx, await ctx.cloneProgram());
    ctx.step("prepare init");
    // while it held the program's streams, nobody would be told that the program has closed one
    for (const target of [0, 1, 2]) await ctx.stage.dup3(NOTHING.of(ctx).fd, target, 0);
    const set = { bits: sigsetOf(forwarded.map((name) => SIG[name] as number)) };
    await ctx.stage.rt_sigprocmask(SIG_SETMASK, set, 0, SIGSET_SIZE);
    SIGNALS.leave(ctx, await ctx.stage.signalfd4(-1, set, SIGSET_SIZE, SFD_CLOEXEC));
    await giveUpRights(ctx);
    ctx.stage.flush();
  },
};

/**
 * Init executes nothing, so no execve ever takes from it what a program loses there (docs/decisions/0008). It keeps
 * the right to signal a program that has become another user. No-new-privs costs it nothing, and lets it load the
 * filter without CAP_SYS_ADMIN.
 */
async function giveUpRights(ctx: Context): Promise<void> {
  ctx.step("give up what init does not need");
  await ctx.stage.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const { capabilities } = ctx.spec.process;
  if (capabilities === undefined || !enabled(ctx.spec, "capabilities")) return;
  const kill = Number(capabilityMask(capabilities.permitted ?? []) & capabilityMask(["CAP_KILL"]));
  const sets = { effective0: kill, permitted0: kill, inheritable0: 0, effective1: 0, permitted1: 0, inheritable1: 0 };
  await ctx.stage.capset({ version: LINUX_CAPABILITY_VERSION_3 }, sets);
}

export const serveAsInit: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage } = ctx;
    ctx.step("serve as init");
    const pid = PROGRAM_PID.of(ctx);
    const signals = SIGNALS.of(ctx);
    await closeOthers(ctx, stage.value(signals));
    const none = -1;
    const memory = Memory.struct(supervise, {
      pid,
      signals,
      record: none,
      log: none,
      listener: none,
      terminal: none,
      window: none,
      owner: none,
      leave: 1,
      from: [none, none, none],
      to: [none, none, none],
    });
    await stage.supervise({ memory, text: `{pid=${pid}, leave}` }, { hold: true });
    stage.sendOff();
    ctx.actAsProgram();
  },
};

/**
 * Close-on-exec does nothing for init. As long as it held the other ends of the program's pipes, nobody would be told
 * that a reader has gone. Its channel goes as well: it gets no more orders. Where a profile refuses this, they stay.
 */
async function closeOthers({ stage }: Context, kept: number): Promise<void> {
  const options = { tolerate: [ENOSYS, EPERM], hold: true };
  if (kept > 3) await stage.close_range(3, kept - 1, 0, options);
  await stage.close_range(kept + 1, 0xffff_ffff, 0, options);
}
