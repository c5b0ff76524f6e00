// open_by_handle_at(2) opens a file by its number, past all folders: that is how a container of 2014 read its host's files. The
// handle here has no length, which is found wrong after the permission.

import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import { ask, judge } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const openByHandle = defineProbe({
  name: "open-by-handle",
  question: "Can it open files by number, past all folders?",
  call: 'open_by_handle_at(open("/"), {handle_bytes=0}, O_RDONLY)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_DAC_READ_SEARCH"), filtered]],
  lesson: "capabilities",
  async attempt({ stage }) {
    const root = await stage.openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return judge(await ask(stage, (it) => it.open_by_handle_at(root, new Uint8Array(8), O_RDONLY)), [
      "EINVAL",
      "ESTALE",
    ]);
  },
});
