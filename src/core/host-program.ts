// A program of the host on which a layer leans (newuidmap, pasta): run in a child of the host stage, so that it is
// traced like everything else.

import { EAGAIN, EINTR } from "../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../abi/fcntl.ts";
import { exitedWith, readStatus, STATUS_SIZE, terminatedBy } from "../abi/wait.ts";
import { clone } from "../stage/launch.ts";
import type { Stage } from "../stage/stage.ts";

const STDERR = 2;
const ROOM = 4096;

/** It did not exit with 0; `said` is what it wrote to stderr, a line for each of its complaints. */
export class HostProgramFailed extends Error {
  override readonly name = "HostProgramFailed";
  readonly said: readonly string[];

  constructor(argv: readonly string[], status: number, said: readonly string[]) {
    const signal = terminatedBy(status);
    const how = signal === 0 ? `exit status ${exitedWith(status)}` : `signal ${signal}`;
    super(`${argv[0]} failed (${how}): ${said.join("; ") || "it said nothing"}`);
    this.said = said;
  }
}

/** Runs it and waits for it. `argv` starts with its name; `program` is its absolute path. Throws HostProgramFailed. */
export async function runHostProgram(host: Stage, program: string, argv: readonly string[]): Promise<void> {
  // not blocking: a program that leaves a daemon behind leaves it the other end, too
  const pipe = await host.pipe2(8, O_CLOEXEC | O_NONBLOCK, { assume: new Uint8Array(8) });
  const ends = new DataView(host.bytes(pipe).slice().buffer);
  const [reading, writing] = [ends.getInt32(0, true), ends.getInt32(4, true)];
  const child = await clone(host, "helper", 0);
  try {
    await child.stage.dup3(writing, STDERR, 0);
    await child.stage.execve(program, argv, ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
    child.stage.flush();
    await host.close(writing);
    const waited = await host.wait4(child.pid, STATUS_SIZE, 0, 0, { assume: new Uint8Array(STATUS_SIZE) });
    const heard = await host.read(reading, ROOM, ROOM, { tolerate: [EAGAIN, EINTR] });
    await host.close(reading);
    const status = readStatus(host.bytes(waited));
    if (status !== 0)
      throw new HostProgramFailed(argv, status, lines(heard.bytes.subarray(0, Math.max(0, heard.value))));
  } finally {
    child.close();
  }
}

function lines(bytes: Uint8Array): string[] {
  const all = new TextDecoder().decode(bytes).split("\n");
  return all.map((line) => line.trim()).filter(Boolean);
}
