// A filter, readable: what A holds at each instruction, which system calls get there, and what becomes of them.
//
//   10  A >= 41 socket                   then 11, else ALLOW (read … sendfile)
//   11  A = socket's domain, upper half
//
// Jumps go only forward, so one pass in order of the instructions knows, at each of them, everything that led there.

import { code, decode, type Instruction, successors } from "../../abi/bpf.ts";
import { errnoName } from "../../abi/errno.ts";
import { type FlagTable, showFlags, showOneOf } from "../../abi/flags.ts";
import { CLONE } from "../../abi/sched.ts";
import * as abi from "../../abi/seccomp.ts";
import { AF } from "../../abi/socket.ts";
import { type Arch, syscallNumbers } from "../../abi/syscalls.ts";

/** What is known when an instruction is reached. */
interface State {
  /** The offset in struct seccomp_data of what A was loaded from; undefined where it depends on the way taken. */
  readonly from: number | undefined;
  /** The numbers of the system calls that get here. */
  readonly lowest: number;
  readonly highest: number;
}

interface Argument {
  readonly name: string;
  readonly values: FlagTable;
}

/** The arguments that the default profile looks at: call → argument 0. */
const known: Readonly<Record<string, Argument>> = {
  socket: { name: "domain", values: AF },
  clone: { name: "flags", values: CLONE },
  personality: { name: "persona", values: {} },
};

const LAST = 0xffffffff;
const NUMBER = abi.seccompData.offsetOf("nr");
const ARCH = abi.seccompData.offsetOf("arch");
const ARGUMENTS = abi.seccompData.offsetOf("args");

/** `ERRNO(EPERM)` for 0x00050001. */
export function showAction(value: number): string {
  const action = (value & abi.SECCOMP_RET_ACTION_FULL) >>> 0;
  const name = showOneOf(abi.SECCOMP_RET, action).replace("SECCOMP_RET_", "");
  const data = value & abi.SECCOMP_RET_DATA;
  if (action === abi.SECCOMP_RET_ERRNO) return `${name}(${data === 0 ? 0 : errnoName(data)})`;
  return data === 0 ? name : `${name}(${data})`;
}

/** One line for each instruction of `program`, an array of struct sock_filter. */
export function disassemble(program: Uint8Array, arch: Arch): string {
  return new Listing(decode(program), arch).lines().join("\n");
}

class Listing {
  readonly #program: readonly Instruction[];
  readonly #states: (State | undefined)[];
  readonly #names: ReadonlyMap<number, string>;

  constructor(program: readonly Instruction[], arch: Arch) {
    this.#program = program;
    this.#names = new Map([...syscallNumbers(arch)].map(([name, number]) => [number, name]));
    this.#states = [{ from: undefined, lowest: 0, highest: LAST }];
    program.forEach((it, index) => {
      const state = this.#states[index];
      if (state === undefined) return;
      for (const [i, next] of successors(it, index).entries()) this.#reach(next, after(it, state, i === 0));
    });
  }

  lines(): string[] {
    return this.#program.map((it, index) => {
      const state = this.#states[index];
      return `${String(index).padStart(4)}  ${state === undefined ? "never reached" : this.#line(it, index, state)}`;
    });
  }

  #reach(index: number, state: State): void {
    const before = this.#states[index];
    this.#states[index] =
      before === undefined
        ? state
        : {
            from: before.from === state.from ? state.from : undefined,
            lowest: Math.min(before.lowest, state.lowest),
            highest: Math.max(before.highest, state.highest),
          };
  }

  #line(it: Instruction, index: number, state: State): string {
    if (it.code === code.give) return showAction(it.k);
    if (it.code === code.load) return `A = ${this.#source(it.k, state)}`;
    if (it.code === code.and) return `A = A & 0x${it.k.toString(16)}`;
    const [yes, no] = successors(it, index) as [number, number?];
    if (no === undefined) return `go to ${yes}`;
    const branches = `then ${this.#branch(it, state, yes, true)}, else ${this.#branch(it, state, no, false)}`;
    return `${`A ${this.#comparison(it, state)}`.padEnd(32)} ${branches}`;
  }

  #source(offset: number, state: State): string {
    if (offset === NUMBER) return "number";
    if (offset === ARCH) return "architecture";
    if (offset < ARGUMENTS) return "instruction pointer";
    const index = Math.floor((offset - ARGUMENTS) / 8);
    const half = offset % 8 === 0 ? "lower half" : "upper half";
    const call = this.#call(state);
    const name = index === 0 && call !== undefined ? known[call]?.name : undefined;
    return `${call === undefined ? "" : `${call}'s `}${name ?? `argument ${index}`}, ${half}`;
  }

  #comparison({ code: operation, k }: Instruction, state: State): string {
    const sign = { [code.equal]: "==", [code.above]: ">", [code.atLeast]: ">=", [code.anyBit]: "&" }[operation];
    if (state.from === ARCH) return `${sign} ${showOneOf(abi.AUDIT_ARCH, k)}`;
    const name = k === abi.X32_SYSCALL_BIT ? "x32's first" : this.#names.get(k);
    if (state.from === NUMBER) return `${sign} ${shown(k)}${named(name)}`;
    const call = state.from === ARGUMENTS ? this.#call(state) : undefined;
    const values = call === undefined ? {} : (known[call]?.values ?? {});
    if (operation === code.anyBit) return `& ${showFlags(values, k)}`;
    const word = showOneOf(values, k);
    return `${sign} ${shown(k)}${named(word === String(k) ? undefined : word)}`;
  }

  // Where the program goes on; if that ends it, with what, and for which calls.
  #branch(it: Instruction, state: State, to: number, holds: boolean): string {
    const target = this.#program[to];
    if (target?.code !== code.give) return String(to);
    const action = showAction(target.k);
    return state.from === NUMBER ? `${action}${this.#calls(after(it, state, holds))}` : action;
  }

  #calls({ lowest, highest }: State): string {
    const list = [...this.#names].filter(([number]) => number >= lowest && number <= highest).sort(([a], [b]) => a - b);
    const [first, last] = [list[0]?.[1], list.at(-1)?.[1]];
    if (first === undefined) return "";
    return list.length < 3 ? ` (${list.map(([, name]) => name).join(", ")})` : ` (${first} … ${last})`;
  }

  #call({ lowest, highest }: State): string | undefined {
    return lowest === highest ? this.#names.get(lowest) : undefined;
  }
}

function shown(value: number): string {
  return value > 9999 ? `0x${value.toString(16)}` : String(value);
}

function named(name: string | undefined): string {
  return name === undefined ? "" : ` ${name}`;
}

/** What is known after an instruction, when its comparison held or did not. */
function after({ code: operation, k }: Instruction, state: State, holds: boolean): State {
  if (operation === code.load) return { ...state, from: k };
  if (state.from !== NUMBER) return state;
  const { lowest, highest } = state;
  if (operation === code.equal) {
    if (holds) return { ...state, lowest: k, highest: k };
    return { ...state, lowest: lowest === k ? k + 1 : lowest, highest: highest === k ? k - 1 : highest };
  }
  const first = operation === code.atLeast ? k : operation === code.above ? k + 1 : undefined;
  if (first === undefined) return state;
  return holds ? { ...state, lowest: Math.max(lowest, first) } : { ...state, highest: Math.min(highest, first - 1) };
}
