// What tests of SUPERVISE have in common: a folder, descriptors that are closed again, FIFOs whose ends can be closed apart.

import { afterEach, beforeEach } from "bun:test";
import { closeSync, constants, openSync, readFileSync } from "node:fs";
import { waitUntil } from "../harness/run.ts";
import { readLog, streamOf } from "../harness/supervised.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

export interface Fixture {
  readonly folder: string;
  /** Opens a file of the folder for writing. */
  file(name: string): number;
  /** What stands in a file of the folder. */
  content(name: string): string;
  /** Both ends of a FIFO; the caller closes them. */
  fifo(): { read: number; write: number };
  /** Has the descriptors closed after the test. */
  close(...descriptors: readonly number[]): void;
  /** A descriptor from which nothing comes. */
  silence(): number;
  /** Waits until the program's stdout holds the text. */
  logged(text: string): Promise<void>;
}

export const shell = (script: string): string[] => ["/bin/sh", "-c", script];

export function fixture(): Fixture {
  let folder = "";
  let open: number[] = [];
  let count = 0;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    for (const fd of open) closeSync(fd);
    open = [];
    removeFolder(folder);
  });
  const fifo = (): { read: number; write: number } => {
    const path = `${folder}/fifo-${++count}`;
    if (!Bun.spawnSync(["mkfifo", path]).success) throw new Error(`mkfifo ${path}`);
    const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { read, write: openSync(path, constants.O_WRONLY) };
  };
  return {
    get folder() {
      return folder;
    },
    file(name) {
      const fd = openSync(`${folder}/${name}`, "w");
      open.push(fd);
      return fd;
    },
    content: (name) => readFileSync(`${folder}/${name}`, "utf8"),
    fifo,
    close: (...descriptors) => void open.push(...descriptors),
    silence() {
      const { read, write } = fifo();
      open.push(read, write);
      return read;
    },
    async logged(text) {
      const has = async (): Promise<boolean> => streamOf(await readLog(folder), 1).includes(text);
      await waitUntil(has, 5000, () => `${text} does not appear in the log`);
    },
  };
}
