// <asm-generic/signal.h>: the numbers of x86_64 and aarch64.

import { Struct } from "./struct.ts";
import { words } from "./words.ts";

const names = words(`
  HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU
  XFSZ VTALRM PROF WINCH IO PWR SYS
`);

export const SIG: Readonly<Record<string, number>> = Object.fromEntries(
  names.map((name, index) => [`SIG${name}`, index + 1]),
);

export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGKILL = 9;
export const SIGPIPE = 13;
export const SIGTERM = 15;
export const SIGCHLD = 17;
export const SIGTSTP = 20;

export const signalName = (number: number): string =>
  Object.keys(SIG).find((name) => SIG[name] === number) ?? String(number);

/** The number of `TERM`, `SIGTERM`, `sigterm` or `15`; SIGRTMIN is 34, SIGRTMIN+n and SIGRTMAX-n count from its ends. */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name) >= 1 && Number(name) <= 64 ? Number(name) : undefined;
  const upper = name.toUpperCase().replace(/^SIG/, "");
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(upper);
  if (realtime === null) return SIG[`SIG${upper}`];
  const [, end, sign, offset] = realtime;
  const number = (end === "MIN" ? 34 : 64) + (sign === "-" ? -1 : 1) * Number(offset ?? 0);
  return number >= 34 && number <= 64 ? number : undefined;
}

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;
export const SIG_HOW = { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK } as const;

/** The kernel's sigset_t: bit n-1 for signal n. */
export const sigset = new Struct("sigset", { bits: "u64" });
export const SIGSET_SIZE = 8;

export function sigsetOf(signals: readonly number[]): bigint {
  return signals.reduce((bits, signal) => bits | (1n << BigInt(signal - 1)), 0n);
}

export function showSigset(bits: number | bigint): string {
  const set = BigInt.asUintN(64, BigInt(bits));
  const members = Object.entries(SIG).filter(([, number]) => (set >> BigInt(number - 1)) & 1n);
  if (members.length > 16) {
    const missing = Object.entries(SIG).filter(([, number]) => !((set >> BigInt(number - 1)) & 1n));
    return `~[${missing.map(([name]) => name.slice(3)).join(" ")}]`;
  }
  return `[${members.map(([name]) => name.slice(3)).join(" ")}]`;
}

export const SFD_CLOEXEC = 0o2000000;
