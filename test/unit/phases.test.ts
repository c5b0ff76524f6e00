// The order in which a container is made, and the places of a user's layers in it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Layer } from "../../src/core/layer.ts";
import { type PhaseChoices, phasesFor } from "../../src/engine/phases.ts";
import { withPlugins } from "../../src/engine/plugins.ts";
import { layers } from "../../src/layers/index.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

let folder = "";
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => removeFolder(folder));

const plain: PhaseChoices = {
  terminal: false,
  interactive: false,
  init: false,
  files: { log: "/log", record: "/exit" },
};

/** The layers among the phases; `-` for each of the runtime's own. */
const order = (all: readonly Layer[], choices = plain): string =>
  phasesFor(all, choices)
    .map(({ name }) => (name === "process" ? "-" : name))
    .join(" ");

/** A file with a layer of that name. */
function plugin(name: string, after?: string): string {
  const file = `${folder}/${name}.ts`;
  const place = after === undefined ? "" : `after: "${after}",`;
  writeFileSync(
    file,
    `export default { name: "${name}", summary: "", requires: [], ${place} apply() {}, explain() {}, verify() {} };`,
  );
  return file;
}

describe("the phases", () => {
  const first = "- namespaces cgroups overlay network";

  test("are the seven in their order, and what comes between", () => {
    expect(order(layers)).toBe(`${first} - - capabilities - no-new-privs seccomp -`);
  });

  test("with a terminal, it is made of the file tree, and a way for it before", () => {
    expect(order(layers, { ...plain, terminal: true })).toBe(`- ${first} - - - capabilities - no-new-privs seccomp -`);
  });

  test("with an init, the filter is loaded twice, each time last but one", () => {
    expect(order(layers, { ...plain, init: true })).toBe(
      `${first} - - capabilities - no-new-privs - seccomp - seccomp -`,
    );
  });

  test("without one of the seven are none: nothing is left out in silence", () => {
    expect(() => order(layers.filter((it) => it.name !== "capabilities"))).toThrow("there is no layer capabilities");
  });
});

describe("a layer of the user's", () => {
  const load = (...files: string[]): Promise<readonly Layer[]> => withPlugins(layers, files);

  test("stands where it asks to: after one of the seven, or after another of theirs", async () => {
    const files = [plugin("a"), plugin("b", "overlay"), plugin("c", "capabilities"), plugin("d", "a")];
    const placed = "- namespaces cgroups overlay b network - - capabilities c - no-new-privs a d";
    expect(order(await load(...files))).toBe(`${placed} seccomp -`);
    expect(order(await load(...files), { ...plain, init: true })).toBe(`${placed} - seccomp - seccomp -`);
  });

  test("cannot come after seccomp, and is told why", async () => {
    await expect(load(plugin("late", "seccomp"))).rejects.toThrow(
      /late.ts: nothing can come after seccomp, whose filter travels in one frame with execve.*after no-new-privs/,
    );
  });

  test("cannot come after what is not there", async () => {
    await expect(load(plugin("lost", "nowhere"))).rejects.toThrow("it wants to come after nowhere");
  });
});
