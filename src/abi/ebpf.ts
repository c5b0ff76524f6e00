// <linux/bpf.h>, <linux/bpf_common.h>: eBPF and bpf(2), as far as programs that decide about devices need it.
//
// Where classic BPF (bpf.ts) has one accumulator, this language has eleven 64-bit registers: r0 is what the program
// returns, r1 points to its input, r10 to its stack. The kernel's verifier follows every path through a program
// before it accepts it; what cannot be reached is refused.

import { Struct } from "./struct.ts";

export const BPF_LDX = 0x01;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_W = 0x00;
export const BPF_MEM = 0x60;
export const BPF_K = 0x00;
export const BPF_X = 0x08;
export const BPF_AND = 0x50;
export const BPF_RSH = 0x70;
export const BPF_MOV = 0xb0;
export const BPF_JA = 0x00;
export const BPF_JNE = 0x50;
export const BPF_JSET = 0x40;
export const BPF_EXIT = 0x90;

/** struct bpf_insn; `regs` holds the destination in its low half and the source in its high half. */
export const bpfInsn = new Struct("bpf_insn", { code: "u8", regs: "u8", off: "u16", imm: "u32" });

export const BPF_PROG_LOAD = 5;
export const BPF_PROG_ATTACH = 8;
export const BPF_PROG_GET_NEXT_ID = 11;
export const BPF_PROG_QUERY = 16;
export const BPF_CMD = { BPF_PROG_LOAD, BPF_PROG_ATTACH, BPF_PROG_GET_NEXT_ID, BPF_PROG_QUERY } as const;

export const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
export const BPF_PROG_TYPE = { BPF_PROG_TYPE_CGROUP_DEVICE } as const;
export const BPF_CGROUP_DEVICE = 6;
export const BPF_ATTACH_TYPE = { BPF_CGROUP_DEVICE } as const;
export const BPF_F_ALLOW_MULTI = 2;
export const BPF_F = { BPF_F_ALLOW_MULTI } as const;

/** union bpf_attr as BPF_PROG_LOAD reads it; `insns` and `license` are pointers. */
export const bpfProgLoad = new Struct("bpf_attr", {
  prog_type: "u32",
  insn_cnt: "u32",
  insns: "u64",
  license: "u64",
  log_level: "u32",
  log_size: "u32",
  log_buf: "u64",
  kern_version: "u32",
  prog_flags: "u32",
  prog_name: ["u8", 16],
  prog_ifindex: "u32",
  expected_attach_type: "u32",
});

/** union bpf_attr as BPF_PROG_ATTACH reads it: two descriptors, the cgroup's folder and the program. */
export const bpfProgAttach = new Struct("bpf_attr", {
  target_fd: "u32",
  attach_bpf_fd: "u32",
  attach_type: "u32",
  attach_flags: "u32",
});

/** union bpf_attr as BPF_PROG_QUERY reads it and fills `prog_cnt`. */
export const bpfProgQuery = new Struct("bpf_attr", {
  target_fd: "u32",
  attach_type: "u32",
  query_flags: "u32",
  attach_flags: "u32",
  prog_ids: "u64",
  prog_cnt: "u32",
});

/** union bpf_attr as BPF_PROG_GET_NEXT_ID reads it and fills `next_id`. */
export const bpfNextId = new Struct("bpf_attr", { start_id: "u32", next_id: "u32", open_flags: "u32" });

/** What a device program is asked; `access_type` is BPF_DEVCG_ACC_* << 16 | BPF_DEVCG_DEV_*. It answers 1 or 0 (EPERM). */
export const bpfCgroupDevCtx = new Struct("bpf_cgroup_dev_ctx", { access_type: "u32", major: "u32", minor: "u32" });

export const BPF_DEVCG_ACC_MKNOD = 1;
export const BPF_DEVCG_ACC_READ = 2;
export const BPF_DEVCG_ACC_WRITE = 4;
export const BPF_DEVCG_DEV_BLOCK = 1;
export const BPF_DEVCG_DEV_CHAR = 2;

/** A place in a program that is jumped to before it is known. */
export class Target {
  index = -1;
}

export interface Instruction {
  readonly code: number;
  readonly dst: number;
  readonly src: number;
  /** Bytes into a structure; for a jump, how many instructions are skipped. */
  readonly off: number;
  readonly imm: number;
}

type Draft = Omit<Instruction, "off"> & { readonly off: number | Target };

/** Puts a program together in the order in which it runs. Registers are given by number, comparisons are of 32 bits. */
export class Assembler {
  readonly #drafts: Draft[] = [];

  /** dst = *(u32 *)(src + off) */
  load(dst: number, src: number, off: number): void {
    this.#put(BPF_LDX | BPF_MEM | BPF_W, dst, src, off, 0);
  }

  /** dst = src */
  copy(dst: number, src: number): void {
    this.#put(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
  }

  /** dst = value */
  set(dst: number, value: number): void {
    this.#put(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
  }

  /** dst &= mask */
  and(dst: number, mask: number): void {
    this.#put(BPF_ALU | BPF_AND | BPF_K, dst, 0, 0, mask);
  }

  /** dst >>= bits */
  shiftRight(dst: number, bits: number): void {
    this.#put(BPF_ALU | BPF_RSH | BPF_K, dst, 0, 0, bits);
  }

  go(to: Target): void {
    this.#put(BPF_JMP | BPF_JA, 0, 0, to, 0);
  }

  /** if (dst != value) goto to */
  unlessEqual(dst: number, value: number, to: Target): void {
    this.#put(BPF_JMP32 | BPF_JNE | BPF_K, dst, 0, to, value);
  }

  /** if (dst & mask) goto to */
  whenAnyBit(dst: number, mask: number, to: Target): void {
    this.#put(BPF_JMP32 | BPF_JSET | BPF_K, dst, 0, to, mask);
  }

  /** return value */
  exit(value: number): void {
    this.set(0, value);
    this.#put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  }

  /** What is put next is where jumps to `target` go. */
  here(target: Target): void {
    target.index = this.#drafts.length;
  }

  finish(): Instruction[] {
    return this.#drafts.map((it, i) => ({ ...it, off: it.off instanceof Target ? it.off.index - i - 1 : it.off }));
  }

  #put(code: number, dst: number, src: number, off: number | Target, imm: number): void {
    this.#drafts.push({ code, dst, src, off, imm });
  }
}

/** An array of struct bpf_insn. */
export function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * bpfInsn.size);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, dst, src, off, imm }, i) => {
    bpfInsn.encodeInto(view, i * bpfInsn.size, { code, regs: (src << 4) | dst, off, imm });
  });
  return bytes;
}

/** One line for each instruction, as the kernel's verifier prints them, without their hexadecimal form. */
export function disassemble(program: readonly Instruction[]): string[] {
  return program.map((it, i) => `${i}: ${show(it)}`);
}

function show({ code, dst, src, off, imm }: Instruction): string {
  switch (code) {
    case BPF_LDX | BPF_MEM | BPF_W:
      return `r${dst} = *(u32 *)(r${src} +${off})`;
    case BPF_ALU | BPF_MOV | BPF_X:
      return `w${dst} = w${src}`;
    case BPF_ALU | BPF_MOV | BPF_K:
      return `w${dst} = ${imm}`;
    case BPF_ALU | BPF_AND | BPF_K:
      return `w${dst} &= ${imm}`;
    case BPF_ALU | BPF_RSH | BPF_K:
      return `w${dst} >>= ${imm}`;
    case BPF_JMP | BPF_JA:
      return `goto pc+${off}`;
    case BPF_JMP32 | BPF_JNE | BPF_K:
      return `if w${dst} != 0x${imm.toString(16)} goto pc+${off}`;
    case BPF_JMP32 | BPF_JSET | BPF_K:
      return `if w${dst} & 0x${imm.toString(16)} goto pc+${off}`;
    case BPF_JMP | BPF_EXIT:
      return "exit";
    default:
      return `unknown instruction 0x${code.toString(16)}`;
  }
}

/** What a program returns for `input`, the structure that r1 points to. Knows what the assembler can write. */
export function interpret(program: readonly Instruction[], input: Uint8Array): number {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const r = new Uint32Array(11);
  for (let at = 0; ; at++) {
    const it = program[at];
    if (it === undefined) throw new Error(`the program has no instruction ${at}`);
    const dst = r[it.dst] as number;
    if (it.code === (BPF_LDX | BPF_MEM | BPF_W)) r[it.dst] = view.getUint32(it.off, true);
    else if (it.code === (BPF_ALU | BPF_MOV | BPF_X)) r[it.dst] = r[it.src] as number;
    else if (it.code === (BPF_ALU | BPF_MOV | BPF_K)) r[it.dst] = it.imm;
    else if (it.code === (BPF_ALU | BPF_AND | BPF_K)) r[it.dst] = dst & it.imm;
    else if (it.code === (BPF_ALU | BPF_RSH | BPF_K)) r[it.dst] = dst >>> it.imm;
    else if (it.code === (BPF_JMP | BPF_JA)) at += it.off;
    else if (it.code === (BPF_JMP32 | BPF_JNE | BPF_K)) at += dst === it.imm >>> 0 ? 0 : it.off;
    else if (it.code === (BPF_JMP32 | BPF_JSET | BPF_K)) at += (dst & it.imm) === 0 ? 0 : it.off;
    else if (it.code === (BPF_JMP | BPF_EXIT)) return r[0] as number;
    else throw new Error(`instruction ${at}: ${show(it)}`);
  }
}
