// Many calls, several frames: where the border between two frames falls must make no difference.

import { expect } from "bun:test";
import { ECANCELED, ENOENT } from "../../src/abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../../src/abi/fcntl.ts";
import { rootTest } from "../harness/skip.ts";
import { stages } from "../harness/stages.ts";

const { host } = stages();

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
