// A machine that is short of something: a clear error, no crash, and nothing left behind.

import { beforeAll, expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome } from "../harness/run.ts";
import { isRoot, rootTest } from "../harness/skip.ts";

const host = privateHost();
let rootfs = "";
beforeAll(() => {
  if (isRoot) rootfs = makeRootfs(`${host.folder}/rootfs`);
});

/** `ulimit -n N`, then run. */
const limited = (files: number): Promise<Outcome> => {
  const command = `ulimit -n ${files}; exec "$@"`;
  const words = [process.execPath, `${import.meta.dir}/../../src/main.ts`, "run", "--rm", "--network", "none"];
  return host.start(["bash", "-c", command, "bash", ...words, rootfs, "true"], { timeout: 15_000 }).outcome;
};

rootTest(
  "descriptors: 3 to 64 allowed; a clear error or none, and nothing left",
  async () => {
    const seen: [number, number, string][] = [];
    for (const files of [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 32, 64]) {
      const { code, stderr, timedOut } = await limited(files);
      expect({ files, timedOut }).toEqual({ files, timedOut: false });
      seen.push([files, code, stderr]);
      await host.minidocker(["ps"]);
      expect({ files, remains: remains(host) }).toEqual({ files, remains: [] });
    }
    // with fewer, Bun itself does not start, and says so or not
    const ours = seen.filter(([files]) => files > 6);
    const unclear = ours.filter(([, code, stderr]) => code !== 0 && !/^minidocker: .*ulimit -n/s.test(stderr));
    expect(unclear).toEqual([]);
    expect(seen.filter(([files, code]) => files >= 32 && code !== 0)).toEqual([]);
    expect(seen.filter(([, code]) => code > 128)).toEqual([]);
  },
  60_000,
);

rootTest("space for the state: the error names the file, and nothing is left", async () => {
  const state = `${host.folder}/root/state`;
  await host.command(["mount", "-t", "tmpfs", "-o", "size=32k,mode=700", "small", state]);
  try {
    await host.command([
      "sh",
      "-c",
      `mkdir -p ${state}/containers ${state}/names; dd if=/dev/zero of=${state}/filler 2>&-`,
    ]);
    const run = await host.minidocker(["run", "--rm", "--network", "none", rootfs, "true"]);
    expect(run).toMatchObject({ code: 125, stdout: "" });
    expect(run.stderr).toMatch(new RegExp(`^minidocker: ${state}/[^\\n]* \\(ENOSPC\\)[^\\n]*no space[^\\n]*\\n$`));
    const { stdout } = await host.command(["ls", `${state}/containers`, `${state}/names`]);
    expect(stdout).not.toMatch(/[0-9a-f]{64}/);
  } finally {
    await host.command(["umount", state]);
  }
  expect(remains(host)).toEqual([]);
});

rootTest("space for the container's own layer: the error names the folder, and what to do", async () => {
  const data = `${host.folder}/root/data`;
  await host.command(["mount", "-t", "tmpfs", "-o", "size=32k,mode=700,nr_inodes=2", "small", data]);
  try {
    const run = await host.minidocker(["run", "--rm", "--network", "none", rootfs, "true"]);
    expect(run).toMatchObject({ code: 125, stdout: "" });
    expect(run.stderr).toMatch(
      new RegExp(`^minidocker: overlay: [^\\n]*${data}[^\\n]*ENOSPC; the disk is full[^\\n]*\\n$`),
    );
    expect((await host.command(["find", data, "-mindepth", "2"])).stdout).toBe("");
  } finally {
    await host.command(["umount", data]);
  }
});
