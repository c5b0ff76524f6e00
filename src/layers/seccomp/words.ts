// The words of the OCI runtime specification's `linux.seccomp`, and what they are to the kernel. A word that is not
// known is an error that names its JSON path: a filter that was only half understood is not loaded.

import { EPERM, errnoNumber } from "../../abi/errno.ts";
import * as abi from "../../abi/seccomp.ts";
import { words } from "../../abi/words.ts";
import { type SeccompArgument, seccompOperators } from "../../core/spec.ts";

/** The JSON path of a part of what is being read; asked for only when there is an error to report. */
export type JsonPath = (part: string) => string;

const actions = new Map([
  ["SCMP_ACT_KILL", abi.SECCOMP_RET_KILL_THREAD],
  ["SCMP_ACT_KILL_THREAD", abi.SECCOMP_RET_KILL_THREAD],
  ["SCMP_ACT_KILL_PROCESS", abi.SECCOMP_RET_KILL_PROCESS],
  ["SCMP_ACT_TRAP", abi.SECCOMP_RET_TRAP],
  ["SCMP_ACT_ERRNO", abi.SECCOMP_RET_ERRNO],
  ["SCMP_ACT_TRACE", abi.SECCOMP_RET_TRACE],
  ["SCMP_ACT_LOG", abi.SECCOMP_RET_LOG],
  ["SCMP_ACT_ALLOW", abi.SECCOMP_RET_ALLOW],
]);

/**
 * The value that a filter returns for `action`. ERRNO and TRACE carry `errno`, EPERM if there is none; runc and
 * crun do the same.
 */
export function actionValue(action: string, errno: number | undefined, at: JsonPath): number {
  const value = actions.get(action);
  if (value === undefined) throw unknownAction(action, at("action"));
  if (value !== abi.SECCOMP_RET_ERRNO && value !== abi.SECCOMP_RET_TRACE) return value;
  const data = errno ?? EPERM;
  if (Number.isInteger(data) && data >= 0 && data <= MAX_ERRNO) return value | data;
  throw new Error(`${at("errnoRet")}: ${data} is no errno (0 to ${MAX_ERRNO})`);
}

function unknownAction(action: string, path: string): Error {
  if (action !== "SCMP_ACT_NOTIFY") return unknown(actions, action, path, "action");
  return new Error(`${path}: SCMP_ACT_NOTIFY needs a supervisor that answers for the kernel, and minidocker has none`);
}

/** The kernel cuts greater ones down to this. */
const MAX_ERRNO = 4095;

/** Whether a call that gets this value is made. */
export function permits(value: number): boolean {
  const action = (value & abi.SECCOMP_RET_ACTION_FULL) >>> 0;
  return action === abi.SECCOMP_RET_ALLOW || action === abi.SECCOMP_RET_LOG || action === abi.SECCOMP_RET_TRACE;
}

/** A condition on one 64-bit argument, as unsigned halves: BPF compares 32 bits at a time. */
export interface Condition {
  readonly index: number;
  readonly op: SeccompArgument["op"];
  /** What is compared with; of SCMP_CMP_MASKED_EQ, what is left after `mask`. */
  readonly value: Halves;
  readonly mask: Halves;
}

export interface Halves {
  readonly high: number;
  readonly low: number;
}

const operators = new Set<string>(seccompOperators);

const everything: Halves = { high: 0xffffffff, low: 0xffffffff };

export function condition({ index, op, value, valueTwo = 0 }: SeccompArgument, at: JsonPath): Condition {
  if (!operators.has(op)) throw unknown(operators, op, at("op"), "comparison");
  if (!Number.isInteger(index) || index < 0 || index > 5) {
    throw new Error(`${at("index")}: ${index}, but the arguments of a call are 0 to 5`);
  }
  const first = halves(value, at, "value");
  if (op !== "SCMP_CMP_MASKED_EQ") return { index, op, value: first, mask: everything };
  const { high, low } = halves(valueTwo, at, "valueTwo");
  return { index, op, value: { high: (high & first.high) >>> 0, low: (low & first.low) >>> 0 }, mask: first };
}

function halves(value: number, at: JsonPath, part: string): Halves {
  if (Number.isSafeInteger(value) && value >= 0) return { high: Math.floor(value / 2 ** 32), low: value % 2 ** 32 };
  throw new Error(
    `${at(part)}: ${value} is not a whole number from 0 to 2⁵³ - 1, as far as the numbers of JSON are exact here`,
  );
}

const flags = new Map<string, number>(Object.entries(abi.SECCOMP_FILTER_FLAG));

/** The bits that seccomp(2) takes for `linux.seccomp.flags`. */
export function flagBits(names: readonly string[], at: JsonPath): number {
  let bits = 0;
  for (let i = 0; i < names.length; i++) {
    const bit = flags.get(names[i] as string);
    if (bit === undefined) throw unknown(flags, names[i] as string, at(`flags[${i}]`), "flag");
    bits |= bit;
  }
  return bits;
}

/** Neither of minidocker's two machines can meet that architecture. */
export const ELSEWHERE = 0;

/** The specification's names of architectures → the AUDIT_ARCH_* value that a filter sees. x32 has that of x86_64. */
export const architectures = new Map([
  ["SCMP_ARCH_X86", abi.AUDIT_ARCH_I386],
  ["SCMP_ARCH_X86_64", abi.AUDIT_ARCH_X86_64],
  ["SCMP_ARCH_X32", abi.AUDIT_ARCH_X86_64],
  ["SCMP_ARCH_ARM", abi.AUDIT_ARCH_ARM],
  ["SCMP_ARCH_AARCH64", abi.AUDIT_ARCH_AARCH64],
]);

const elsewhere = `LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PARISC PARISC64 PPC PPC64 PPC64LE RISCV64
  S390 S390X SH SHEB`;
for (const name of words(elsewhere)) architectures.set(`SCMP_ARCH_${name}`, ELSEWHERE);

/** An Error that says what there is instead. */
export function unknown(table: { keys(): Iterable<string> }, name: string, path: string, kind: string): Error {
  const names = [...table.keys()].join(", ");
  return new Error(`${path}: ${JSON.stringify(name)} is not a known ${kind}; there are: ${names}`);
}

/** An errno by name, as newer profiles also give it. */
export function errnoOf(name: string, path: string): number {
  try {
    return errnoNumber(name);
  } catch {
    throw new Error(`${path}: ${JSON.stringify(name)} is not a known errno`);
  }
}
