// A start that fails while calls are still queued: the error that is told is the first one.

import { expect } from "bun:test";
import { privateHost } from "../harness/private-host.ts";
import { makeRootfs } from "../harness/rootfs.ts";
import { rootTest } from "../harness/skip.ts";

const host = privateHost();

rootTest("a layer of the user's that throws after queueing a call is what the error is about", async () => {
  const rootfs = makeRootfs(`${host.folder}/rootfs`);
  await Bun.write(
    `${host.folder}/throws.ts`,
    `export default {
      name: "throws", summary: "", lesson: "", requires: [],
      async apply(ctx) { ctx.step("queue"); await ctx.stage.getpid(); throw new Error("on purpose"); },
      explain: () => ({ about: "", steps: {} }), verify: () => [],
    };`,
  );
  const args = ["run", "--rm", "--network", "none", "--layer", `${host.folder}/throws.ts`, rootfs, "true"];
  const { code, stderr } = await host.minidocker(args);
  expect({ code, stderr }).toEqual({ code: 125, stderr: "minidocker: on purpose\n" });
});
