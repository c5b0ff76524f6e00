// `--init`: PID 1 is not the program but the init stage itself. It reaps orphans, which programs seldom do, and forwards
// signals, which PID 1 does not get unless it has a handler for them; the program is its child, with a program's usual rights.

import { SFD_CLOEXEC, SIG, SIG_SETMASK, SIGSET_SIZE, sigsetOf } from "../abi/signal.ts";
import { Memory, type Result } from "../stage/call.ts";
import { supervise } from "../stage/wire.ts";
import type { Phase } from "./layer.ts";
import { forwarded } from "./supervise.ts";

export const prepareInit: Phase = {
  name: "process",
  async apply(ctx) {
    ctx.step("clone the program from init");
    ctx.shared.set("program pid", await ctx.cloneProgram());
    ctx.step("prepare init");
    const set = { bits: sigsetOf(forwarded.map((name) => SIG[name] as number)) };
    await ctx.stage.rt_sigprocmask(SIG_SETMASK, set, 0, SIGSET_SIZE);
    ctx.shared.set("init signals", await ctx.stage.signalfd4(-1, set, SIGSET_SIZE, SFD_CLOEXEC));
    ctx.stage.flush();
  },
};

export const serveAsInit: Phase = {
  name: "process",
  async apply(ctx) {
    const { stage } = ctx;
    ctx.step("serve as init");
    const pid = ctx.shared.get("program pid") as number;
    const signals = ctx.shared.get("init signals") as Result;
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
