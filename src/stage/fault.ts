// Faults for tests: MINIDOCKER_FAULT=12:EIO makes the twelfth call fail, MINIDOCKER_FAULT=12:SIGKILL ends minidocker right
// before it, as a crash would, and 12:SIGINT is a Ctrl-C at that moment. What comes afterwards must leave nothing behind on
// the host.

import { errnoNumber } from "../abi/errno.ts";
import { SIG } from "../abi/signal.ts";
import type { Observer, Session } from "./stage.ts";

/** Undefined where `text` is. Throws on anything but `N:ERRNO` and `N:SIGNAL`. */
export function faultInjector(text: string | undefined, session: Session): Observer | undefined {
  if (text === undefined || text === "") return undefined;
  const [, at, what] = /^(\d+):(SIG[A-Z0-9]+|E[A-Z0-9]+)$/.exec(text) ?? [];
  if (at === undefined || what === undefined) throw new Error(`MINIDOCKER_FAULT=${text}: expected N:ERRNO or N:SIGNAL`);
  const signal = SIG[what];
  const errno = signal === undefined ? errnoNumber(what) : undefined;
  return {
    fault(call) {
      if (call.serial !== Number(at)) return undefined;
      if (errno !== undefined) return errno;
      // what was to come before it has come; whoever lives on sends it in good time
      if (signal === SIG["SIGKILL"]) session.current?.flush();
      process.kill(process.pid, signal);
      return undefined;
    },
  };
}
