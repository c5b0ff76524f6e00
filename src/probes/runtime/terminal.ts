// /dev/tty is whichever terminal a process has. With that of the caller one could type into the caller's shell (TIOCSTI). A session of its
// own has none. It is the runtime that begins one, and no layer.

import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDWR } from "../../abi/fcntl.ts";
import { oneCall } from "../attempt.ts";
import { defineProbe } from "../probe.ts";

export const terminal = defineProbe({
  name: "terminal",
  question: "Can it use its caller's terminal?",
  call: 'open("/dev/tty", O_RDWR)',
  blocked: ["ENXIO"],
  ways: [],
  lesson: "escapes",
  attempt: oneCall((stage) => stage.openat(AT_FDCWD, "/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0)),
});
