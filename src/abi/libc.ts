// The functions of the C library for which Bun has no name, by way of bun:ffi, which checks no types: a wrong signature here is a
// crash and not an error. docs/decisions/0001-bun-ffi.md

import { dlopen, read } from "bun:ffi";
import { syscallNumbers } from "./syscalls.ts";

const signatures = {
  pipe2: { args: ["ptr", "int"], returns: "int" },
  socketpair: { args: ["int", "int", "int", "ptr"], returns: "int" },
  sendmsg: { args: ["int", "ptr", "int"], returns: "int" },
  send: { args: ["int", "ptr", "usize", "int"], returns: "int" },
  recv: { args: ["int", "ptr", "usize", "int"], returns: "int" },
  setsockopt: { args: ["int", "int", "int", "ptr", "u32"], returns: "int" },
  poll: { args: ["ptr", "usize", "int"], returns: "int" },
  close: { args: ["int"], returns: "int" },
  flock: { args: ["int", "int"], returns: "int" },
  // syscall(2) with four arguments; a pointer is a number, too
  syscall: { args: ["i64", "i64", "i64", "i64", "i64"], returns: "int" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

let loaded: ReturnType<typeof load> | undefined;

/** The C library with which Bun itself was linked. Throws an Error where it is neither glibc nor musl. */
export function libc() {
  loaded ??= load();
  return loaded;
}

function load() {
  const musl = process.arch === "arm64" ? "ld-musl-aarch64.so.1" : "ld-musl-x86_64.so.1";
  for (const name of ["libc.so.6", musl]) {
    try {
      return dlopen(name, signatures).symbols;
    } catch {
      // the other C library, then
    }
  }
  throw new Error("no C library found: neither glibc (libc.so.6) nor musl");
}

/** That of the call that was made last, if it has failed. */
export function errno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}

/** A system call for which the C library has no function, or only a newer one does. Returns its result, or -errno. */
export function systemCall(name: string, first: number, second: number, third = 0, fourth = 0): number {
  const number = syscallNumbers(process.arch === "arm64" ? "aarch64" : "x86_64").get(name) as number;
  const result = libc().syscall(number, first, second, third, fourth);
  return result < 0 ? -errno() : result;
}
