// open_by_handle_at(2) opens a file by its number, past all folders: that is how a container of 2014 read its host's files. The
// handle here leads to no file, which is found out after the permission.

import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../../abi/fcntl.ts";
import { ask, observationOf } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

/** struct file_handle: its length, its type, and no inode. */
const handle = Uint8Array.of(8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

export const openByHandle = defineProbe({
  name: "open-by-handle",
  question: "Can it open files by number, past all folders?",
  call: 'open_by_handle_at(open("/"), {handle_bytes=8, handle_type=1}, O_RDONLY)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_DAC_READ_SEARCH"), filtered]],
  lesson: "capabilities",
  async attempt({ stage }) {
    const root = await stage.openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    return observationOf(await ask(stage, (it) => it.open_by_handle_at(root, handle, O_RDONLY)), [
      "EOPNOTSUPP",
      "ESTALE",
    ]);
  },
});
