// Programs of a few instructions for what only a program can do: be started with more rights, make a 32-bit call, run without end. They
// are written here as machine code, so that nothing has to be built or found in the container.

import { EINVAL } from "../abi/errno.ts";
import { AT_EMPTY_PATH, MFD_CLOEXEC, MFD_EXEC } from "../abi/fcntl.ts";
import { exitedWith, readStatus, STATUS_SIZE, terminatedBy } from "../abi/wait.ts";
import { fork } from "../stage/launch.ts";
import type { Stage } from "../stage/stage.ts";

export interface MachineCode {
  readonly x86_64: readonly number[];
  readonly aarch64: readonly number[] | undefined;
}

// exit_group(answer == 0 ? 100 : 101), after a call whose answer stands in eax or w0
const tellWhetherZero = {
  x86_64: [
    ...[0xbf, 100, 0, 0, 0], // mov edi, 100
    ...[0x85, 0xc0], // test eax, eax
    ...[0x74, 5], // jz over the next one
    ...[0xbf, 101, 0, 0, 0], // mov edi, 101
    ...[0xb8, 231, 0, 0, 0, 0x0f, 0x05], // mov eax, exit_group; syscall
  ],
  aarch64: [
    0x34000060, // cbz w0, to 100
    0x52800ca0, // mov w0, 101
    0x14000002, // b over the next one
    0x52800c80, // mov w0, 100
    0x52800bc8, // mov w8, exit_group
    0xd4000001, // svc 0
  ],
} as const;

/** Exits with 100 where it runs with the effective user id 0, else with 101. */
export const isRoot: MachineCode = {
  x86_64: [0xb8, 107, 0, 0, 0, 0x0f, 0x05, ...tellWhetherZero.x86_64], // mov eax, geteuid; syscall
  aarch64: [0x528015e8, 0xd4000001, ...tellWhetherZero.aarch64], // mov w8, geteuid; svc 0
};

/** Exits with 100 where it could make itself root (CAP_SETUID), else with 101. */
export const becomesRoot: MachineCode = {
  // mov eax, setuid; xor edi, edi; syscall
  x86_64: [0xb8, 105, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05, ...tellWhetherZero.x86_64],
  // mov w8, setuid; mov w0, 0; svc 0
  aarch64: [0x52801248, 0x52800000, 0xd4000001, ...tellWhetherZero.aarch64],
};

/** keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) as a 32-bit call. Exits with 100, or with the errno. */
export const keyctlBy32Bits: MachineCode = {
  x86_64: [
    ...[0xb8, 0x20, 1, 0, 0], // mov eax, 288: keyctl for 32-bit programs
    ...[0xbb, 0, 0, 0, 0], // mov ebx, 0
    ...[0xb9, 0xfd, 0xff, 0xff, 0xff], // mov ecx, -3
    ...[0xba, 0, 0, 0, 0], // mov edx, 0
    ...[0xcd, 0x80], // int 0x80
    ...[0xbf, 100, 0, 0, 0], // mov edi, 100
    ...[0x85, 0xc0], // test eax, eax
    ...[0x79, 4], // jns over the next two
    ...[0xf7, 0xd8], // neg eax
    ...[0x89, 0xc7], // mov edi, eax
    ...[0xb8, 231, 0, 0, 0, 0x0f, 0x05], // mov eax, exit_group; syscall
  ],
  aarch64: undefined,
};

/** Exits with 100 after a 32-bit getpid. */
export const getpidBy32Bits: MachineCode = {
  x86_64: [
    ...[0xb8, 20, 0, 0, 0], // mov eax, 20: getpid for 32-bit programs
    ...[0xcd, 0x80], // int 0x80
    ...[0xbf, 100, 0, 0, 0], // mov edi, 100
    ...[0xb8, 231, 0, 0, 0, 0x0f, 0x05], // mov eax, exit_group; syscall
  ],
  aarch64: undefined,
};

/** Runs until it is killed. */
export const spins: MachineCode = { x86_64: [0xeb, 0xfe], aarch64: [0x14000000] };

/** Exits with 100 and the number of its open descriptors from 3 to 255. */
export const countsDescriptors: MachineCode = {
  x86_64: [
    ...[0xbb, 3, 0, 0, 0], // mov ebx, 3
    ...[0x45, 0x31, 0xe4], // xor r12d, r12d
    ...[0xb8, 72, 0, 0, 0], // next: mov eax, fcntl
    ...[0x89, 0xdf], // mov edi, ebx
    ...[0xbe, 1, 0, 0, 0], // mov esi, F_GETFD
    ...[0x0f, 0x05], // syscall
    ...[0x85, 0xc0], // test eax, eax
    ...[0x78, 3], // js over the next one
    ...[0x41, 0xff, 0xc4], // inc r12d
    ...[0xff, 0xc3], // inc ebx
    ...[0x81, 0xfb, 0, 1, 0, 0], // cmp ebx, 256
    ...[0x72, -31 & 0xff], // jb next
    ...[0x41, 0x8d, 0x7c, 0x24, 100], // lea edi, [r12 + 100]
    ...[0xb8, 231, 0, 0, 0, 0x0f, 0x05], // mov eax, exit_group; syscall
  ],
  aarch64: [
    0x52800073, // mov w19, 3
    0x52800014, // mov w20, 0
    0x2a1303e0, // next: mov w0, w19
    0x52800021, // mov w1, F_GETFD
    0x52800328, // mov w8, fcntl
    0xd4000001, // svc 0
    0x37f80040, // tbnz w0, 31, over the next one
    0x11000694, // add w20, w20, 1
    0x11000673, // add w19, w19, 1
    0x7104027f, // cmp w19, 256
    0x54ffff03, // b.lo next
    0x11019280, // add w0, w20, 100
    0x52800bc8, // mov w8, exit_group
    0xd4000001, // svc 0
  ],
};

const BASE = 0x400000;
const HEADER = 64 + 56;

/** The smallest program file: the ELF header, one segment to be loaded, the code. elf(5) */
export function program({ x86_64, aarch64 }: MachineCode): Uint8Array {
  const arm = process.arch === "arm64";
  const code = arm ? new Uint8Array(Uint32Array.from(aarch64 ?? []).buffer) : Uint8Array.from(x86_64);
  const bytes = new Uint8Array(HEADER + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian, version 1
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, arm ? 183 : 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + HEADER), true); // where it begins
  view.setBigUint64(32, 64n, true); // the program header follows
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // to be read and executed
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(bytes.length), true);
  view.setBigUint64(104, BigInt(bytes.length), true);
  view.setBigUint64(112, 0x1000n, true);
  bytes.set(code, HEADER);
  return bytes;
}

export interface Ended {
  /** Undefined where a signal ended it. */
  readonly code: number | undefined;
  readonly signal: number;
}

/** Executes such a program from memory. For runChild. */
export const fromMemory =
  (code: MachineCode) =>
  async (child: Stage): Promise<void> => {
    const bytes = program(code);
    // MFD_EXEC is known since Linux 6.3
    let file = await child.memfd_create("probe", MFD_CLOEXEC | MFD_EXEC, { tolerate: [EINVAL] });
    if (child.value(file) < 0) file = await child.memfd_create("probe", MFD_CLOEXEC);
    await child.write(file, bytes, bytes.length);
    child.flush();
    await child.execveat(file, "", ["probe"], [], AT_EMPTY_PATH);
  };

/** Runs a program in a child of `stage`: `start` has the child execute it. Its exit code must not be 0: then it never ran. */
export async function runChild(stage: Stage, start: (child: Stage) => Promise<unknown>): Promise<Ended> {
  return await waitFor(stage, await startChild(stage, start));
}

/** The child's pid. */
export async function startChild(stage: Stage, start: (child: Stage) => Promise<unknown>): Promise<number> {
  const child = await fork(stage, "child");
  try {
    await start(child.stage);
    child.stage.flush();
  } finally {
    child.stage.discard();
    // a child that did not become the program waits for orders, and ends when its channel does
    child.close();
  }
  return child.pid;
}

export async function waitFor(stage: Stage, pid: number): Promise<Ended> {
  const waited = await stage.wait4(pid, STATUS_SIZE, 0, 0);
  const status = readStatus(stage.bytes(waited));
  const signal = terminatedBy(status);
  return { code: signal === 0 ? exitedWith(status) : undefined, signal };
}
