// A lesson's own container: made as far as the lesson says, in steps, back again, and attacked.

import { expect } from "bun:test";
import { guardHost } from "../harness/guard.ts";
import { Learner, leftBehind, take } from "../harness/learner.ts";
import { block } from "../harness/lessons.ts";
import { ownPaths } from "../harness/own-paths.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";

guardHost();
const { paths } = ownPaths();

const head = "layers: [namespaces.uts]\ncontainer: --network none base\n";

rootTest(
  "a pause tells the calls made, what the kernel shows, and what is judged otherwise since the last one",
  async () => {
    const learner = new Learner();
    const text = block("pause", "namespaces") + block("pause", "cgroups") + block("pause", "finished");
    const { failures } = await take(text, learner, paths, { head });
    expect(failures).toEqual([]);
    const [first, second, last] = learner.told("pause");
    expect(first?.pause).toMatchObject({ layer: "namespaces", step: "clone the init stage", pid: undefined });
    expect(second?.made.map((it) => it.name)).toContain("sethostname");
    expect(second?.changes.map((it) => it.section)).toContain("namespaces");
    expect(second?.checks).toContainEqual(expect.objectContaining({ id: "namespaces.uts", verdict: "yes" }));
    expect(last?.pause).toBeUndefined();
    expect(last?.made.map((it) => it.name)).toContain("pivot_root");
    expect(last?.checks).toContainEqual(expect.objectContaining({ id: "seccomp.filter", verdict: "yes" }));
    expect(leftBehind(paths)).toEqual([]);
  },
);

rootTest("scripts run on the host, in the half-built container, and under all layers of the finished one", async () => {
  const learner = new Learner();
  const mount = "mount -t tmpfs none /mnt 2>/dev/null && echo mounted || echo refused";
  const text =
    block("pause", "capabilities") +
    block("run host", "test -d /proc/$CONTAINER_PID && echo here") +
    block("run inside", mount) +
    block("run container", mount);
  const { failures } = await take(text, learner, paths, { head });
  expect(failures).toEqual([]);
  expect(learner.outputs).toEqual(["here\n", "mounted\n", "refused\n"]);
});

rootTest("within a pause one goes on in steps and back, and the lesson goes on where it says", async () => {
  const learner = new Learner({ pause: [{ size: "step" }, "next", "back", "on", "on"] });
  const text = block("pause", "namespaces") + block("pause", "cgroups");
  await take(text, learner, paths, { head });
  const places = learner.told("pause").map((it) => it.pause?.step);
  const [zero, one, two, backAtOne, last] = places;
  expect([zero, last]).toEqual(["clone the init stage", "look whether the name is free"]);
  expect(one).toBe("close the stage to other processes");
  expect(backAtOne).toBe(one as string);
  expect(two).not.toBe(one as string);
});

rootTest("steps that reach the next pause of the lesson are told by it, and only once", async () => {
  const learner = new Learner({ pause: [{ size: "layer" }] });
  await take(block("pause", "namespaces") + block("pause", "cgroups"), learner, paths, { head });
  expect(learner.told("pause").map((it) => [it.pause?.layer, it.made.length > 0])).toEqual([
    ["namespaces", true],
    ["cgroups", true],
  ]);
});

rootTest(
  "what the lesson says after a pause is about that place, also when the learner has gone on in steps",
  async () => {
    const learner = new Learner({ pause: [{ size: "layer" }, "next", "on"] });
    const text = [
      block("run host", "echo was >>log"),
      block("pause", "namespaces: its own network namespace"),
      block("run host", "echo here >>log"),
      block("verify", "# no root of its own yet\noverlay.root is no\nnamespaces.network is no"),
      block("pause", "overlay"),
      block("run host", "cat log"),
    ].join("");
    const { failures } = await take(text, learner, paths, { head });
    expect(failures).toEqual([]);
    expect(learner.told("moved")).toMatchObject([{ how: "resume", part: { kind: "run" } }]);
    expect(learner.told("pause").map((it) => it.pause?.layer)).toEqual(["namespaces", "cgroups", "overlay"]);
    expect(learner.outputs.at(-1)).toBe("was\nhere\n");
  },
);

rootTest("a check of verify is a test, and one that is not as the lesson says is untrue", async () => {
  const text =
    block("pause", "cgroups") +
    block("verify", "# it has a name of its own\nnamespaces.uts is yes") +
    block("verify", "# its calls are filtered already\nseccomp.filter is yes");
  const learner = new Learner();
  const { failures } = await take(text, learner, paths, { head });
  expect(learner.told("verify").map((it) => it.ok)).toEqual([true, false]);
  expect(failures).toEqual([expect.stringContaining("seccomp.filter is no")]);
});

rootTest("a task in the container is tried without the layer, in a container made anew", async () => {
  const text =
    block("pause", "finished") +
    block("verify container became", "# a file is there that no filter has kept away\ntest -e /made") +
    block("solve container", "grep -q '^Seccomp:.0' /proc/self/status || touch /made");
  const learner = new Learner();
  const own = "layers: [seccomp]\ncontainer: --network none base\n";
  const { failures } = await take(text, learner, paths, { head: own, auto: true });
  expect(failures).toEqual([]);
  expect(learner.told("tested")).toHaveLength(1);
});

rootTest("a probe is stopped with all layers, and not without the lesson's", async () => {
  const learner = new Learner();
  const { failures } = await take(block("probe see-hostname without namespaces.uts", ""), learner, paths, {
    head,
  });
  expect({ failures, seen: learner.told("probe").map((it) => it.ok) }).toEqual({ failures: [], seen: [true] });
});

rootTest("back to an earlier part lands in the same state, with the same ids", async () => {
  const learner = new Learner({ pause: ["on", "back", "on", "on"] });
  const text = block("pause", "overlay") + block("run inside", "hostname") + block("pause", "network");
  await take(text, learner, paths, { head });
  const [one, two] = learner.outputs;
  expect(one).toMatch(/^[0-9a-f]{12}\n$/);
  expect(two).toBe(one as string);
  expect(learner.told("pause").map((it) => it.pause?.layer)).toEqual(["overlay", "network", "network"]);
});

rootTest("where a script of the lesson has used up its container, the next pause says so", async () => {
  const text = block("pause", "cgroups") + block("run host", "kill -KILL $CONTAINER_PID") + block("pause", "finished");
  const taken = take(text, new Learner(), paths, { head });
  expect(await taken.catch((error: Error) => error.message)).toContain("ended");
  expect(leftBehind(paths)).toEqual([]);
});

rootTest("an abort while a script runs in the container ends both at once", async () => {
  const controller = new AbortController();
  const text = block("pause", "finished") + block("run container", "sleep 15");
  const start = performance.now();
  setTimeout(() => controller.abort(new Error("enough")), 500);
  const taken = take(text, new Learner(), paths, { head, signal: controller.signal });
  expect(await taken.catch((error: Error) => error.message)).toBe("enough");
  expect(performance.now() - start).toBeLessThan(4000);
  expect(leftBehind(paths)).toEqual([]);
});

rootTest("a task in the container is seen to be done by whatever does it there", async () => {
  const text =
    block("pause", "finished") +
    block("run host", "echo $CONTAINER_PID") +
    block("verify container became", "# there is a file\ntest -e /made") +
    block("solve container", "touch /made");
  const learner = new Learner({
    task: async ({ done }) => {
      Bun.spawnSync(["touch", `/proc/${learner.outputs[0]?.trim()}/root/made`]);
      await waitUntil(
        () => done.aborted,
        4000,
        () => "nobody has seen it",
      );
      return "check";
    },
  });
  const { how } = await take(text, learner, paths, { head });
  expect(how).toBe("solved");
});
