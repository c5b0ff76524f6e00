// `npm run build`: the release does without Node, Bun and the repository what the program does with them.

import { describe, expect } from "bun:test";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { privateHost } from "../harness/private-host.ts";
import { releaseBuild } from "../harness/release.ts";
import { remains } from "../harness/remains.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import type { Outcome } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();
const folder = releaseBuild();

/** The release and the program, asked the same. */
async function both(args: readonly string[]): Promise<readonly [Outcome, Outcome]> {
  return [
    await host.minidocker(args, { program: [join(folder(), "minidocker")], cwd: "/" }),
    await host.minidocker(args),
  ];
}

const said = ({ code, stdout, stderr }: Outcome) => ({ code, stdout, stderr });

describe("says what the program says", () => {
  for (const words of [
    "help",
    "help run",
    "version",
    "explain",
    "explain seccomp --filter",
    "explain overlay",
    "learn list --plain",
    "learn search hostname",
    "run --memory lots base true",
    "run nowhere true",
    "rnu base true",
  ]) {
    rootTest(words, async () => {
      const [release, program] = await both(words.split(" "));
      expect(said(release)).toEqual(said(program));
    });
  }
});

describe("does what the program does", () => {
  rootTest("runs a container, and leaves nothing", async () => {
    const rootfs = makeRootfs(`${host.folder}/rootfs`);
    const script = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; pwd; exit 7";
    const [release, program] = await both(["run", "--rm", "--network", "none", rootfs, "sh", "-c", script]);
    expect(said(release)).toMatchObject({ code: 7, stdout: expect.stringContaining("CapEff:\t00000000a80425fb") });
    expect(said(release)).toEqual(said(program));
    expect(remains(host)).toEqual([]);
  });

  rootTest("takes a lesson to its end", async () => {
    const [release] = await both(["learn", "uts", "--auto", "--plain"]);
    expect(said(release)).toMatchObject({ code: 0, stdout: expect.stringContaining("✓ The end") });
  });

  rootTest("takes a layer of the user's own", async () => {
    const layer = `${host.folder}/mine.ts`;
    await Bun.write(
      layer,
      `export default {
        name: "mine", summary: "", lesson: "", requires: [],
        async apply(ctx) { ctx.notice("mine"); },
        explain: () => ({ about: "", steps: {} }), verify: () => [],
      };`,
    );
    const rootfs = makeRootfs(`${host.folder}/rootfs-2`);
    const [release] = await both(["run", "--rm", "--network", "none", "--layer", layer, rootfs, "true"]);
    expect(said(release)).toEqual({ code: 0, stdout: "", stderr: "minidocker: mine\n" });
  });
});

describe("where it lies", () => {
  rootTest("may be called by way of a link", async () => {
    const link = `${host.folder}/link`;
    symlinkSync(join(folder(), "minidocker"), link);
    const rootfs = makeRootfs(`${host.folder}/rootfs-3`);
    const outcome = await host.minidocker(["run", "--rm", "--network", "none", rootfs, "true"], { program: [link] });
    expect(said(outcome)).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  rootTest("without its other two parts it says what is missing", async () => {
    const alone = `${host.folder}/alone`;
    mkdirSync(alone);
    copyFileSync(join(folder(), "minidocker"), `${alone}/minidocker`);
    const rootfs = makeRootfs(`${host.folder}/rootfs-4`);
    const outcome = await host.minidocker(["run", "--rm", rootfs, "true"], { program: [`${alone}/minidocker`] });
    expect(said(outcome)).toEqual({
      code: 125,
      stdout: "",
      stderr: `minidocker: ${alone}/stage is missing: the three parts of a release lie in one folder (minidocker, stage, minidocker-text)\n`,
    });
  });
});
