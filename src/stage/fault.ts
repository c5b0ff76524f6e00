// Faults for tests: MINIDOCKER_FAULT=12:EIO makes the twelfth call fail, MINIDOCKER_FAULT=12:kill ends minidocker right before
// it, as a crash would. What comes afterwards must leave nothing behind on the host.

import { errnoNumber } from "../abi/errno.ts";
import type { Observer, Session } from "./stage.ts";

/** Undefined where `text` is. Throws on anything but `N:ERRNO` and `N:kill`. */
export function faultInjector(text: string | undefined, session: Session): Observer | undefined {
  if (text === undefined || text === "") return undefined;
  const [, at, what] = /^(\d+):(kill|E[A-Z0-9]+)$/.exec(text) ?? [];
  if (at === undefined || what === undefined) throw new Error(`MINIDOCKER_FAULT=${text}: expected N:ERRNO or N:kill`);
  const errno = what === "kill" ? undefined : errnoNumber(what);
  return {
    fault(call) {
      if (call.serial !== Number(at)) return undefined;
      if (errno !== undefined) return errno;
      session.current?.flush();
      process.kill(process.pid, "SIGKILL");
      return undefined;
    },
  };
}
