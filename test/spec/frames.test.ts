// Many calls, several frames: where the border between two frames falls must make no difference.

import { describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ECANCELED, ENOENT } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../../src/abi/fcntl.ts";
import { SIGKILL } from "../../src/abi/signal.ts";
import type { Facts } from "../../src/core/facts.ts";
import { withAllIds } from "../../src/core/mapped-stage.ts";
import { Construction } from "../../src/core/pipeline.ts";
import type { Spec } from "../../src/core/spec.ts";
import { launch } from "../../src/stage/launch.ts";
import { PATIENCE, Session } from "../../src/stage/stage.ts";
import { processEntry } from "../harness/processes.ts";
import { waitUntil } from "../harness/run.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";
import { removeFolder, temporaryFolder } from "../harness/temporary.ts";

const all = stages();
const { host } = all;

rootTest(
  "a call that uses the result of a failed one is skipped, also when another frame was sent in between",
  async () => {
    const stage = await host();
    // more pairs than fit into a frame, so that some pair is torn apart wherever the border falls
    const uses = [];
    for (let i = 0; i < 400; i++) {
      const missing = await stage.openat(AT_FDCWD, "/no such file", O_RDONLY, 0, { tolerate: [ENOENT] });
      if (i % 2 === 0) await stage.getpid();
      uses.push(await stage.close(missing));
    }
    stage.flush();
    expect(new Set(uses.map((it) => it.value))).toEqual(new Set([-ECANCELED]));
  },
);

describe("while a frame of one stage is under way", () => {
  const missing = "/no such file";

  rootTest("another stage makes nothing before it is known to have succeeded", async () => {
    const folder = temporaryFolder();
    const [first, { stage: second }] = [await host(), await all.clone(0)];
    await first.openat(AT_FDCWD, missing, O_RDONLY, 0);
    await second.mkdirat(AT_FDCWD, join(folder, "made"), 0o700);
    expect(() => second.flush()).toThrow(`openat(AT_FDCWD, "${missing}", O_RDONLY, 0) = ENOENT`);
    // and not afterwards, either
    expect(second.value(await second.getpid())).toBeGreaterThan(0);
    expect(existsSync(join(folder, "made"))).toBe(false);
    removeFolder(folder);
  });

  rootTest("a call of another stage that uses the result of a failed one is skipped", async () => {
    const [first, { stage: second }] = [await host(), await all.clone(0)];
    const fd = await first.openat(AT_FDCWD, missing, O_RDONLY, 0, { tolerate: [ENOENT] });
    await second.getpid();
    const closed = await second.close(fd);
    second.flush();
    expect([fd.value, closed.value]).toEqual([-ENOENT, -ECANCELED]);
  });

  rootTest("what is discarded takes its reply with it", async () => {
    const [first, { stage: second, pid }] = [await host(), await all.clone(0)];
    await first.openat(AT_FDCWD, missing, O_RDONLY, 0);
    await second.getpid();
    first.discard();
    second.discard();
    expect(second.value(await second.getpid())).toBe(pid);
    expect(first.value(await first.openat(AT_FDCWD, missing, O_RDONLY, 0, { tolerate: [ENOENT] }))).toBe(-ENOENT);
  });

  rootTest("the same process can be driven in another session, and each has its own replies", async () => {
    const [first, { stage: second, pid }] = [await host(), await all.clone(0)];
    const fd = await first.openat(AT_FDCWD, missing, O_RDONLY, 0, { tolerate: [ENOENT] });
    const own = await second.getpid();
    first.sendAhead();
    second.sendAhead();
    const other = second.as("other", new Session());
    expect(other.value(await other.getpid())).toBe(pid);
    expect([first.value(fd), second.value(own)]).toEqual([-ENOENT, pid]);
  });
});

describe("a stage that something has stopped", () => {
  rootTest(
    "is not waited for without end when what it is at is discarded, and the others go on",
    async () => {
      const [first, { stage: second, pid }] = [await host(), await all.clone(0)];
      process.kill(pid, "SIGSTOP");
      const asked = await second.getpid();
      await first.getpid();
      const start = performance.now();
      first.discard();
      const seconds = (performance.now() - start) / 1000;
      expect(seconds).toBeWithin(PATIENCE - 1, PATIENCE + 5);
      expect([first.late, second.late]).toEqual([false, true]);
      expect(asked.settled).toBe(false);
      await second.getpid();
      expect(() => second.flush()).toThrow(
        "the init stage does not answer getpid(): something has stopped the process",
      );
      expect(first.value(await first.getpid())).toBeGreaterThan(0);
      process.kill(pid, "SIGKILL");
    },
    (PATIENCE + 10) * 1000,
  );

  rootTest("that is minidocker's child is killed, so that it never does what it has not done yet", async () => {
    const folder = temporaryFolder();
    const { stage, pid, ended, close } = await launch(new Session());
    stage.flush();
    stage.limit(1);
    process.kill(pid, "SIGSTOP");
    await stage.mkdirat(AT_FDCWD, join(folder, "made"), 0o700);
    stage.sendAhead();
    stage.discard();
    expect(await ended).toBe(128 + SIGKILL);
    expect(existsSync(join(folder, "made"))).toBe(false);
    close();
    removeFolder(folder);
  });

  rootTest("that only maps ids is killed by its parent, which waits for its end", async () => {
    const parent = await host();
    const owner = { uid: 0, gid: 0, subuids: [], subgids: [], tools: {} };
    let stopped = 0;
    const given = withAllIds(parent, owner, async (stage) => {
      stopped = stage.value(await stage.getpid());
      stage.limit(1);
      process.kill(stopped, "SIGSTOP");
      await stage.getpid();
      stage.sendAhead();
      throw new Error("no more of that");
    });
    await expect(given).rejects.toThrow("no more of that");
    expect(processEntry(stopped)).toBeUndefined();
    expect(parent.value(await parent.getpid())).toBeGreaterThan(0);
  });

  rootTest("that is an init stage is killed when its container is given up", async () => {
    const session = new Session();
    const launched = await launch(session);
    const nothing = { spec: {} as Spec, facts: {} as Facts, journal: () => {}, notice: () => {} };
    const built = new Construction({ ...nothing, session, host: launched.stage });
    await built.cloneInit(0);
    const { pid, stage } = built;
    stage.limit(1);
    process.kill(pid, "SIGSTOP");
    await stage.getpid();
    stage.sendAhead();
    built.release();
    await waitUntil(
      () => processEntry(pid)?.state === "Z",
      2000,
      () => "it is still there",
    );
    launched.close();
    await launched.ended;
  });
});
