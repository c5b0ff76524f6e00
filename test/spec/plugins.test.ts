// Layers written by the user take part in everything, also in what is done after a crash.

import { beforeAll, expect } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

const calls = join(import.meta.dir, "../../src/abi/fcntl.ts");

/** A layer that makes a folder on the host, and takes it back. */
function writeLayer(file: string, folder: string): void {
  writeFileSync(
    file,
    `import { AT_FDCWD, AT_REMOVEDIR } from ${JSON.stringify(calls)};
export default {
  name: "marker", summary: "a folder on the host", lesson: "", requires: [], after: "overlay",
  async apply(ctx) {
    ctx.step("mark");
    ctx.intend({ kind: "folder", path: ${JSON.stringify(folder)} });
    await ctx.host.mkdirat(AT_FDCWD, ${JSON.stringify(folder)}, 0o700);
  },
  explain: () => ({ about: "", steps: {} }),
  verify: () => [],
  async undo(host, { path }) { await host.unlinkat(AT_FDCWD, path, AT_REMOVEDIR, { tolerate: [2] }); },
};
`,
  );
}

async function crash(name: string): Promise<{ file: string; folder: string }> {
  const [file, folder] = [`${host.folder}/${name}.ts`, `${host.folder}/${name}-made`];
  writeLayer(file, folder);
  const run = host.startMinidocker(["run", "--rm", "--layer", file, rootfs, "sh", "-c", "echo begun; exec sleep 60"]);
  await run.until("begun");
  expect(existsSync(folder)).toBe(true);
  run.signal("SIGKILL");
  await run.outcome;
  return { file, folder };
}

rootTest("after a crash, the next command takes back what a layer of the user's has made", async () => {
  const { folder } = await crash("kept");
  expect(await host.minidocker(["ps", "-aq"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(existsSync(folder)).toBe(false);
  expect(remains(host)).toEqual([]);
});

rootTest("if the layer's file is gone, the rest is taken back, and what is left is named", async () => {
  const { file, folder } = await crash("gone");
  rmSync(file);
  const { code, stderr } = await host.minidocker(["ps", "-aq"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(folder) });
  expect(stderr).toContain(file);
  expect(remains(host)).toEqual([]);
  rmSync(folder, { recursive: true });
});
