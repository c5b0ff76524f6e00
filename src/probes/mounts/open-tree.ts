// A copy of a mount that is in nobody's table, and goes with its descriptor.

import { AT_FDCWD } from "../../abi/fcntl.ts";
import { OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../../abi/mount.ts";
import { oneCall } from "../attempt.ts";
import { filtered, lacks } from "../guard.ts";
import { defineProbe } from "../probe.ts";

export const openTree = defineProbe({
  name: "open-tree",
  question: "Can it copy a mount?",
  call: 'open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE)',
  blocked: ["EPERM"],
  ways: [[lacks("CAP_SYS_ADMIN"), filtered]],
  lesson: "capabilities",
  attempt: oneCall((stage) => stage.open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), ["EINVAL"]),
});
