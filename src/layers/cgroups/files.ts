// Files of cgroupfs: one short text each, which the kernel makes up when it is read, and acts on when it is written.

import { AT_FDCWD, O_CLOEXEC, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import type { CallOptions, Result } from "../../stage/call.ts";
import type { Stage } from "../../stage/stage.ts";

export async function readFile(host: Stage, path: string, assume: string): Promise<Result> {
  const fd = await host.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  const bytes = await host.read(fd, 4096, 4096, { assume: new TextEncoder().encode(assume) });
  await host.close(fd);
  return bytes;
}

export function text(host: Stage, result: Result): string {
  return new TextDecoder().decode(host.bytes(result).subarray(0, host.value(result))).trim();
}

export async function writeFile(host: Stage, path: string, value: string, options: CallOptions = {}): Promise<Result> {
  const fd = await host.openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0, options);
  await writeWord(host, fd, value, options.cause === undefined ? {} : { cause: options.cause });
  await host.close(fd);
  return fd;
}

export function writeWord(host: Stage, fd: Result, value: string, options: CallOptions): Promise<Result> {
  return host.write(fd, value, Buffer.byteLength(value), options);
}
