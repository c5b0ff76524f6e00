// Which file a command's name stands for: the first in the container's PATH that its user may execute, as with execvp(3).

import { beforeAll, expect } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (!isRoot) return;
  rootfs = makeRootfs(`${host.folder}/rootfs`);
  mkdirSync(`${rootfs}/folders/sh`, { recursive: true });
  mkdirSync(`${rootfs}/folders/nothing-else`);
  mkdirSync(`${rootfs}/texts`);
  for (const it of ["sh", "nothing-else"]) writeFileSync(`${rootfs}/texts/${it}`, "no program\n");
  chmodSync(`${rootfs}/texts/sh`, 0o644);
});

const run = (path: string, ...command: string[]): Promise<Outcome> =>
  host.minidocker(["run", "--rm", "--network", "none", "-e", `PATH=${path}`, rootfs, ...command]);

rootTest("a folder of that name is no program, and the search goes on", async () => {
  const made = await run("/folders:/bin", "sh", "-c", "echo found");
  expect(made).toMatchObject({ code: 0, stdout: "found\n" });
  expect(await run("/folders:/bin", "nothing-else")).toMatchObject({
    code: 127,
    stderr: "minidocker: nothing-else: not found in the container's PATH (/folders:/bin)\n",
  });
});

rootTest("nor is a file that nobody may execute", async () => {
  const made = await run("/texts:/folders:/bin", "sh", "-c", "echo found");
  expect(made).toMatchObject({ code: 0, stdout: "found\n" });
  expect((await run("/texts:/folders:/bin", "nothing-else")).code).toBe(126);
});

rootTest("a folder that is named by its path cannot be executed", async () => {
  expect((await run("/bin", "/folders/sh")).code).toBe(126);
});
