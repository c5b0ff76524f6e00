// A new file in the root, looked for in the image's folder on the host, and removed at once. Where the root is read-only, the attacker
// first tries to have it writable.

import { existsSync } from "node:fs";
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_CREAT, O_EXCL, O_PATH, O_WRONLY } from "../../abi/fcntl.ts";
import { MOUNT_ATTR_RDONLY, mountAttr } from "../../abi/mount.ts";
import type { Stage } from "../../stage/stage.ts";
import { type Answer, ask, contained, failed, succeeded } from "../attempt.ts";
import { check, filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

const NAME = ".minidocker-probe";

export const changeImage = defineProbe({
  name: "change-image",
  question: "Can it change the image for everybody?",
  call: 'open("/new", O_CREAT)',
  blocked: ["contained"],
  ways: [[check("overlay.changes"), lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "overlay",
  async attempt({ stage, image }) {
    let made = await create(stage);
    if (!made.ok && made.errno === "EROFS" && (await makeWritable(stage))) made = await create(stage);
    if (!made.ok) return failed(made.errno);
    const changed = image.some((it) => existsSync(`${it}/${NAME}`));
    await stage.unlinkat(AT_FDCWD, `/${NAME}`, 0);
    stage.flush();
    return changed
      ? succeeded("its file is in the image's folder")
      : contained("its file is in the container's own layer, and the image is as it was");
  },
});

const create = (stage: Stage): Promise<Answer> =>
  ask(stage, (it) => it.openat(AT_FDCWD, `/${NAME}`, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600));

async function makeWritable(stage: Stage): Promise<boolean> {
  const root = await stage.openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
  const change = { attr_clr: BigInt(MOUNT_ATTR_RDONLY) };
  return (await ask(stage, (it) => it.mount_setattr(root, "", AT_EMPTY_PATH, change, mountAttr.size))).ok;
}
