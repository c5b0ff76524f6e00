// Many calls, several frames: where the border between two frames falls must make no difference.

import { describe, expect } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ECANCELED, ENOENT } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../../src/abi/fcntl.ts";
import { Session } from "../../src/stage/stage.ts";
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
