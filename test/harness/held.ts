// Held containers in the test's own process, each closed after its test, with proof that nothing of them is left.

import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { command } from "../../src/cli/commands/run.ts";
import { parse } from "../../src/cli/parse.ts";
import type { RunValues } from "../../src/cli/run-options.ts";
import { readRunOptions, thisPlace } from "../../src/cli/run-read.ts";
import { Held } from "../../src/engine/held.ts";
import { openPaths } from "../../src/state/paths.ts";
import { guardHost } from "./guard.ts";
import { makeRootfs } from "./rootfs.ts";
import { isRoot } from "./skip.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

export interface HeldContainers {
  /** What they have been told, in this test. */
  readonly notices: readonly string[];
  /** With options of `run`; without a network of its own, unless that layer is left out. */
  hold(...options: string[]): Promise<Held>;
  /** The same, and it runs already. */
  finished(...options: string[]): Promise<Held>;
}

/** Call once at the top of a test file; it includes `guardHost()`. */
export function heldContainers(): HeldContainers {
  const folders = ["state/containers", "state/names", "data/containers", "data/volumes"];
  let folder = "";
  let all: Held[] = [];
  let notices: string[] = [];
  guardHost();
  beforeAll(() => {
    if (!isRoot) return;
    folder = temporaryFolder();
    makeRootfs(`${folder}/rootfs`);
  });
  afterAll(() => {
    if (folder !== "") removeFolder(folder);
  });
  beforeEach(() => {
    notices = [];
  });
  afterEach(async () => {
    for (const it of all) await it.close();
    all = [];
    for (const it of folders) if (existsSync(`${folder}/${it}`)) expect(readdirSync(`${folder}/${it}`)).toEqual([]);
  });

  async function hold(...options: string[]): Promise<Held> {
    // without its own network namespace there is none to be empty
    const network = options.some((it) => /-(namespaces|network)$/.test(it)) ? [] : ["--network", "none"];
    const words = parse(command, [...network, ...options, `${folder}/rootfs`]);
    if (words === "help") throw new Error("no options of run");
    const paths = openPaths({ MINIDOCKER_STATE: `${folder}/state`, MINIDOCKER_DATA: `${folder}/data` });
    const wanted = readRunOptions(words.values as unknown as RunValues, words.operands, thisPlace());
    const held = await Held.make(wanted, { notice: (text) => notices.push(text) }, paths);
    all.push(held);
    return held;
  }

  return {
    get notices() {
      return notices;
    },
    hold,
    async finished(...options) {
      const held = await hold(...options);
      await held.advance("finished");
      return held;
    },
  };
}
