// <linux/poll.h>: poll(2).

import { Struct } from "./struct.ts";

/** There is something to read. */
export const POLLIN = 0x0001;

export const pollfd = new Struct("pollfd", { fd: "i32", events: "u16", revents: "u16" });
